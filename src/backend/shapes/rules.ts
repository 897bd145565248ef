import { backend_util, type DataType, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { sidesOf } from '../ops/window.js';

/** Shape and dtype of a result. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

type Inputs = Readonly<Record<string, TensorInfo>>;

/** The results of a kernel, from the shapes of its inputs and its attributes. */
export type ShapeRule = (inputs: Inputs, attributes: NamedAttrMap) => Spec | Spec[];

type Attributes = Readonly<Record<string, never>>;

function normalAxes(axis: unknown, rank: number): number[] {
  const list = axis === undefined || axis === null ? [...Array(rank).keys()] : [axis].flat();
  return (list as number[]).map((a) => (a < 0 ? a + rank : a));
}

function reduced(x: TensorInfo, attributes: NamedAttrMap): number[] {
  // `Max` names its axes in another way than the other reductions.
  const axes = new Set(normalAxes(attributes.axis ?? attributes.reductionIndices, x.shape.length));
  return x.shape.flatMap((size, i) => (axes.has(i) ? (attributes.keepDims === true ? [1] : []) : [size]));
}

function first(inputs: Inputs): TensorInfo {
  return Object.values(inputs)[0];
}

const same: ShapeRule = (inputs) => {
  const { shape, dtype } = first(inputs);
  return { shape, dtype };
};
const asBool: ShapeRule = (inputs) => ({ shape: first(inputs).shape, dtype: 'bool' });

const broadcast =
  (dtype?: DataType): ShapeRule =>
  ({ a, b }) => ({
    shape: backend_util.assertAndGetBroadcastShape(a.shape, b.shape),
    dtype: dtype ?? a.dtype,
  });

const reduction =
  (dtype?: DataType): ShapeRule =>
  (inputs, attributes) => {
    const x = first(inputs);
    return { shape: reduced(x, attributes), dtype: dtype ?? x.dtype };
  };

const argument: ShapeRule = ({ x }, attributes) => {
  const [axis] = normalAxes(attributes.axis, x.shape.length);
  return { shape: x.shape.filter((_, i) => i !== axis), dtype: 'int32' };
};

const matMul: ShapeRule = ({ a, b }, attributes) => {
  const { transposeA, transposeB } = attributes as { transposeA?: boolean; transposeB?: boolean };
  const rows = a.shape[a.shape.length - (transposeA === true ? 1 : 2)];
  const columns = b.shape[b.shape.length - (transposeB === true ? 2 : 1)];
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { shape: [...batch, rows, columns], dtype: a.dtype };
};

const convolution =
  (depthwise: boolean): ShapeRule =>
  ({ x, filter }, attributes) => {
    const { strides, pad, dataFormat, dilations, dimRoundingMode } = attributes as Attributes;
    const { outShape } = backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      filter.shape as [number, number, number, number],
      strides,
      dilations ?? 1,
      sidesOf(pad, dataFormat === 'NCHW'),
      dimRoundingMode,
      depthwise,
      backend_util.convertConv2DDataFormat(dataFormat ?? 'NHWC'),
    );
    return { shape: outShape, dtype: x.dtype };
  };

const pool: ShapeRule = ({ x }, attributes) => {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as Attributes;
  const shape = x.shape as [number, number, number, number];
  const { outShape } = backend_util.computePool2DInfo(
    shape,
    filterSize,
    strides,
    1,
    sidesOf(pad),
    dimRoundingMode,
  );
  return { shape: outShape, dtype: x.dtype };
};

const ofAttribute =
  (attribute: string): ShapeRule =>
  (inputs, attributes) => ({ shape: attributes[attribute] as number[], dtype: first(inputs).dtype });

const reshape: ShapeRule = ({ x }, attributes) => {
  const shape = [...(attributes.shape as number[])];
  const open = shape.indexOf(-1);
  const known = shape.reduce((product, size) => product * (size === -1 ? 1 : size), 1);
  if (open >= 0) shape[open] = x.shape.reduce((product, size) => product * size, 1) / known;
  return { shape, dtype: x.dtype };
};

const concat: ShapeRule = (inputs, attributes) => {
  const parts = Object.values(inputs);
  const [axis] = normalAxes(attributes.axis, parts[0].shape.length);
  const total = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  return { shape: parts[0].shape.map((size, i) => (i === axis ? total : size)), dtype: parts[0].dtype };
};

const pack: ShapeRule = (inputs, attributes) => {
  const parts = Object.values(inputs);
  const { shape, dtype } = parts[0];
  const [axis] = normalAxes(attributes.axis, shape.length + 1);
  return { shape: [...shape.slice(0, axis), parts.length, ...shape.slice(axis)], dtype };
};

const unpack: ShapeRule = ({ value }, attributes) => {
  const [axis] = normalAxes(attributes.axis, value.shape.length);
  const shape = value.shape.filter((_, i) => i !== axis);
  return Array.from({ length: value.shape[axis] }, () => ({ shape, dtype: value.dtype }));
};

const slice: ShapeRule = ({ x }, attributes) => {
  const { begin, size } = attributes as unknown as { begin: number[]; size: number[] };
  const shape = x.shape.map((whole, i) => {
    const start = begin[i] ?? 0;
    return size[i] === undefined || size[i] < 0 ? whole - start : size[i];
  });
  return { shape, dtype: x.dtype };
};

const gather: ShapeRule = ({ x, indices }, attributes) => {
  const [axis] = normalAxes(attributes.axis, x.shape.length);
  const batch = Number(attributes.batchDims ?? 0);
  return {
    shape: [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)],
    dtype: x.dtype,
  };
};

const split: ShapeRule = ({ x }, attributes) => {
  const [axis] = normalAxes(attributes.axis, x.shape.length);
  const sections = attributes.numOrSizeSplits as number | number[];
  const sizes =
    typeof sections === 'number'
      ? Array.from({ length: sections }, () => x.shape[axis] / sections)
      : sections.map((size, _, all) =>
          size >= 0 ? size : x.shape[axis] - all.reduce((sum, other) => sum + Math.max(other, 0), 0),
        );
  return sizes.map((size) => ({ shape: x.shape.map((s, i) => (i === axis ? size : s)), dtype: x.dtype }));
};

const entries = (names: string, rule: ShapeRule): [string, ShapeRule][] =>
  names.split(' ').map((name) => [name, rule]);

/**
 * Rules for the kernels that networks are made of. They say what the stock kernels return for valid inputs; kernels without a
 * rule are run on zeros instead.
 */
export const shapeRules: ReadonlyMap<string, ShapeRule> = new Map<string, ShapeRule>([
  ...entries(
    'Abs Acos Acosh Asin Asinh Atan Atanh Ceil ClipByValue Cos Cosh Cumprod Cumsum Elu Erf Exp Expm1 Floor FusedBatchNorm ' +
      'Identity LeakyRelu Log Log1p LogSoftmax LRN Neg OnesLike Reciprocal Relu Relu6 Reverse Round Rsqrt Selu Sigmoid Sign Sin Sinh ' +
      'Softmax Softplus Sqrt Square Step Tan Tanh ZerosLike',
    same,
  ),
  ...entries('IsFinite IsInf IsNan LogicalNot', asBool),
  ...entries(
    'Add Atan2 FloorDiv Maximum Minimum Mod Multiply Pow RealDiv SquaredDifference Sub',
    broadcast(),
  ),
  ...entries(
    'Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor NotEqual',
    broadcast('bool'),
  ),
  ...entries('Max Min Prod Sum', reduction()),
  ...entries('All Any', reduction('bool')),
  ...entries('Mean', reduction('float32')),
  ...entries('ArgMax ArgMin', argument),
  ...entries('BatchMatMul _FusedMatMul', matMul),
  ...entries('Conv2D FusedConv2D', convolution(false)),
  ...entries('DepthwiseConv2dNative FusedDepthwiseConv2D', convolution(true)),
  ...entries('Conv2DBackpropInput', ofAttribute('inputShape')),
  ...entries('Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter', ofAttribute('filterShape')),
  ...entries('AvgPool MaxPool', pool),
  ...entries('AddN EluGrad Prelu', same),
  ['Cast', ({ x }, attributes) => ({ shape: x.shape, dtype: attributes.dtype as DataType })],
  ['Concat', concat],
  [
    'ExpandDims',
    ({ input }, attributes) => {
      const dim = attributes.dim as number;
      const at = dim < 0 ? input.shape.length + dim + 1 : dim;
      return { shape: [...input.shape.slice(0, at), 1, ...input.shape.slice(at)], dtype: input.dtype };
    },
  ],
  [
    'Fill',
    (_, attributes) => ({
      shape: attributes.shape as number[],
      dtype: (attributes.dtype as DataType | undefined) ?? 'float32',
    }),
  ],
  ['GatherV2', gather],
  [
    'OneHot',
    ({ indices }, attributes) => ({
      shape: [...indices.shape, attributes.depth as number],
      dtype: (attributes.dtype as DataType | undefined) ?? 'int32',
    }),
  ],
  ['Pack', pack],
  [
    'PadV2',
    ({ x }, attributes) => {
      const paddings = attributes.paddings as [number, number][];
      return { shape: x.shape.map((size, i) => size + paddings[i][0] + paddings[i][1]), dtype: x.dtype };
    },
  ],
  ['Reshape', reshape],
  ['Select', ({ t }) => ({ shape: t.shape, dtype: t.dtype })],
  ['Slice', slice],
  ['SplitV', split],
  [
    'Tile',
    ({ x }, attributes) => {
      const reps = attributes.reps as number[];
      return { shape: x.shape.map((size, i) => size * reps[i]), dtype: x.dtype };
    },
  ],
  [
    'Transpose',
    ({ x }, attributes) => ({ shape: (attributes.perm as number[]).map((i) => x.shape[i]), dtype: x.dtype }),
  ],
  ['Unpack', unpack],
]);
