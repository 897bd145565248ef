import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type Attributes } from './graph.js';

type Info = Pick<TensorInfo, 'dtype'> & { readonly shape: readonly number[] };

/** A call of a kernel, as far as its costs depend on it: a node of a graph, or a call while only shapes are computed. */
export interface KernelCall {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Info | readonly Info[] | undefined>>;
  readonly attributes: Attributes;
  readonly outputs: readonly Info[];
}

/** Kernels that put values elsewhere and compute nothing. */
const MOVING = new Set(
  (
    'Reshape Identity Cast Concat ExpandDims Fill GatherNd GatherV2 MirrorPad OneHot OnesLike Pack PadV2 Range Reverse ScatterNd ' +
    'Slice SplitV StridedSlice Tile Transpose Unpack ZerosLike'
  ).split(' '),
);

/** Kernels that hand on the memory of their input. */
const VIEWS = new Set(['Reshape', 'Identity', 'ExpandDims']);

function size({ shape }: Info): number {
  return sizeOf(shape);
}

function last({ shape }: Info, axis = 1): number {
  return shape[shape.length - axis];
}

/** All that a kernel reads and writes. */
function operands({ inputs, outputs }: KernelCall): Info[] {
  const given = Object.values(inputs).flat() as (Info | undefined)[];
  return [...given.filter((info) => info !== undefined), ...outputs];
}

/**
 * Floating-point operations of a kernel: two for each product that is added to a sum; for all else one for each value of the
 * largest input or output.
 */
export function flopsOf(call: KernelCall): number {
  const { name, attributes, outputs } = call;
  if (MOVING.has(name)) return 0;
  const { a, filter, dy } = call.inputs as Partial<Record<string, Info>>;
  if (name.endsWith('MatMul') && a !== undefined) {
    return 2 * size(outputs[0]) * last(a, attributes.transposeA === true ? 2 : 1);
  }
  if (/Conv\dD|DepthwiseConv/.test(name)) {
    // Gradients make as many products as the convolution itself: one for each output and each weight that reaches it.
    const weights = filter ?? (dy === undefined ? undefined : outputs[0]);
    if (weights !== undefined) {
      const perOutput = name.includes('Depthwise')
        ? sizeOf(weights.shape.slice(0, 2))
        : size(weights) / last(weights);
      return 2 * size(dy ?? outputs[0]) * perOutput;
    }
  }
  if (/^(Avg|Max)Pool/.test(name) && Array.isArray(attributes.filterSize)) {
    return size(outputs[0]) * sizeOf(attributes.filterSize as number[]);
  }
  return Math.max(...operands(call).map(size));
}

/** Bytes that a kernel reads and writes. */
export function bytesMovedBy(call: KernelCall): number {
  if (VIEWS.has(call.name)) return 0;
  return operands(call).reduce((sum, info) => sum + size(info) * util.bytesPerElement(info.dtype), 0);
}
