import { backend_util, util, type DataType, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
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

/** The rule for a result of the dtype of the first input, or of another one. */
function shaped(
  shape: (inputs: Inputs, attributes: Attributes) => readonly number[],
  dtype?: DataType,
): ShapeRule {
  return (inputs, attributes) => ({
    shape: shape(inputs, attributes as Attributes),
    dtype: dtype ?? first(inputs).dtype,
  });
}

/** A shape with other sizes in place of some. */
function spliced(shape: readonly number[], at: number, removed: number, ...sizes: number[]): number[] {
  return [...shape.slice(0, at), ...sizes, ...shape.slice(at + removed)];
}

const same = shaped((inputs) => first(inputs).shape);

const asBool = shaped((inputs) => first(inputs).shape, 'bool');

function broadcast(dtype?: DataType): ShapeRule {
  return shaped(({ a, b }) => backend_util.assertAndGetBroadcastShape(a.shape, b.shape), dtype);
}

function reduction(dtype?: DataType): ShapeRule {
  return shaped((inputs, attributes) => reduced(first(inputs), attributes), dtype);
}

const argument = shaped(({ x: { shape } }, { axis }) => {
  const [at] = normalAxes(axis, shape.length);
  return spliced(shape, at, 1);
}, 'int32');

const matMul = shaped(({ a, b }, { transposeA, transposeB }) => [
  ...backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
  a.shape[a.shape.length - (transposeA ? 1 : 2)],
  b.shape[b.shape.length - (transposeB ? 2 : 1)],
]);

function convolution(depthwise: boolean): ShapeRule {
  return shaped(
    ({ x, filter }, { strides, pad, dataFormat, dilations, dimRoundingMode }) =>
      backend_util.computeConv2DInfo(
        x.shape as [number, number, number, number],
        filter.shape as [number, number, number, number],
        strides,
        dilations ?? 1,
        sidesOf(pad, dataFormat === 'NCHW'),
        dimRoundingMode,
        depthwise,
        backend_util.convertConv2DDataFormat(dataFormat ?? 'NHWC'),
      ).outShape,
  );
}

const pool = shaped(
  ({ x }, { filterSize, strides, pad, dimRoundingMode }) =>
    backend_util.computePool2DInfo(
      x.shape as [number, number, number, number],
      filterSize,
      strides,
      1,
      sidesOf(pad),
      dimRoundingMode,
    ).outShape,
);

function ofAttribute(attribute: string): ShapeRule {
  return shaped((_, attributes) => attributes[attribute]);
}

const reshape = shaped(({ x }, attributes) => {
  const shape = attributes.shape as number[];
  const known = shape.reduce((product, size) => product * (size === -1 ? 1 : size), 1);
  return shape.map((size) => (size === -1 ? util.sizeFromShape(x.shape) / known : size));
});

const concat = shaped((inputs, attributes) => {
  const parts = Object.values(inputs);
  const [axis] = normalAxes(attributes.axis, parts[0].shape.length);
  return spliced(
    parts[0].shape,
    axis,
    1,
    parts.reduce((sum, part) => sum + part.shape[axis], 0),
  );
});

const pack = shaped((inputs, attributes) => {
  const { shape } = first(inputs);
  const [axis] = normalAxes(attributes.axis, shape.length + 1);
  return spliced(shape, axis, 0, Object.keys(inputs).length);
});

const unpack: ShapeRule = ({ value: { shape, dtype } }, attributes) => {
  const [axis] = normalAxes(attributes.axis, shape.length);
  return Array.from({ length: shape[axis] }, () => ({ shape: spliced(shape, axis, 1), dtype }));
};

const slice = shaped(({ x }, attributes) => {
  const { begin, size } = attributes as unknown as { begin: number[]; size: number[] };
  return x.shape.map((whole, i) => (size[i] >= 0 ? size[i] : whole - (begin[i] ?? 0)));
});

const gather = shaped(({ x: { shape }, indices }, { axis, batchDims }) => {
  const [at] = normalAxes(axis, shape.length);
  return spliced(shape, at, 1, ...indices.shape.slice(batchDims ?? 0));
});

const split: ShapeRule = ({ x: { shape, dtype } }, attributes) => {
  const [axis] = normalAxes(attributes.axis, shape.length);
  const sections = attributes.numOrSizeSplits as number | number[];
  const sizes =
    typeof sections === 'number'
      ? new Array<number>(sections).fill(shape[axis] / sections)
      : sections.map((size, _, all) =>
          size >= 0 ? size : shape[axis] - all.reduce((sum, other) => sum + Math.max(other, 0), 0),
        );
  return sizes.map((size) => ({ shape: spliced(shape, axis, 1, size), dtype }));
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
  ['Cast', (inputs, attributes) => ({ shape: first(inputs).shape, dtype: attributes.dtype as DataType })],
  ['Concat', concat],
  [
    'ExpandDims',
    shaped(({ input: { shape } }, attributes) => {
      const [at] = normalAxes(attributes.dim, shape.length + 1);
      return spliced(shape, at, 0, 1);
    }),
  ],
  ['Fill', (_, { shape, dtype = 'float32' }) => ({ shape: shape as number[], dtype: dtype as DataType })],
  ['GatherV2', gather],
  [
    'OneHot',
    ({ indices }, { depth, dtype = 'int32' }) => ({
      shape: [...indices.shape, depth as number],
      dtype: dtype as DataType,
    }),
  ],
  ['Pack', pack],
  [
    'PadV2',
    shaped(({ x }, attributes) => {
      const paddings = attributes.paddings as [number, number][];
      return x.shape.map((size, i) => size + paddings[i][0] + paddings[i][1]);
    }),
  ],
  ['Reshape', reshape],
  ['Select', ({ t }) => ({ shape: t.shape, dtype: t.dtype })],
  ['Slice', slice],
  ['SplitV', split],
  ['Tile', shaped(({ x }, { reps }) => x.shape.map((size, i) => size * reps[i]))],
  ['Transpose', shaped(({ x }, { perm }) => (perm as number[]).map((i) => x.shape[i]))],
  ['Unpack', unpack],
]);
