import { util } from '@tensorflow/tfjs-core';
import type { ShapedKernel } from '../transform/eval-shape.js';

type Shaped = Readonly<{ shape: readonly number[] }>;

/** Kernels that put values elsewhere and compute nothing. */
const MOVING = new Set(
  (
    'Reshape Identity Cast Concat ExpandDims Fill GatherNd GatherV2 MirrorPad OneHot OnesLike Pack PadV2 Range Reverse ScatterNd ' +
    'Slice SplitV StridedSlice Tile Transpose Unpack ZerosLike'
  ).split(' '),
);

/** Kernels that hand on the memory of their input. */
const VIEWS = new Set(['Reshape', 'Identity', 'ExpandDims']);

function sizeOf(info: Shaped | undefined): number {
  return info === undefined ? 0 : info.shape.reduce((product, size) => product * size, 1);
}

function last({ shape }: Shaped, axis = 1): number {
  return shape[shape.length - axis];
}

/**
 * Floating-point operations of a kernel: two for each product that is added to a sum; for all else one for each value of the
 * largest input or output.
 */
export function flopsOf({ name, inputs, attributes, outputs }: ShapedKernel): number {
  if (MOVING.has(name)) return 0;
  const { a, filter, dy, x } = inputs;
  if (name.endsWith('MatMul') && a !== undefined) {
    return 2 * sizeOf(outputs[0]) * last(a, attributes.transposeA === true ? 2 : 1);
  }
  if (/Conv\dD|DepthwiseConv/.test(name)) {
    // Gradients make as many products as the convolution itself: one for each output and each weight that reaches it.
    const convolved = dy ?? outputs[0];
    const weights = filter ?? (dy === undefined ? undefined : outputs[0]);
    if (weights !== undefined) {
      const perOutput = name.includes('Depthwise')
        ? weights.shape[0] * weights.shape[1]
        : sizeOf(weights) / last(weights);
      return 2 * sizeOf(convolved) * perOutput;
    }
  }
  if (/^(Avg|Max)Pool/.test(name) && x !== undefined && Array.isArray(attributes.filterSize)) {
    return (
      sizeOf(outputs[0]) * (attributes.filterSize as number[]).reduce((product, size) => product * size, 1)
    );
  }
  return Math.max(...[...Object.values(inputs), ...outputs].map(sizeOf));
}

/** Bytes that a kernel reads and writes. */
export function bytesMovedBy({ name, inputs, outputs }: ShapedKernel): number {
  if (VIEWS.has(name)) return 0;
  const tensors = [...Object.values(inputs), ...outputs];
  return tensors.reduce(
    (sum, info) => sum + (info === undefined ? 0 : sizeOf(info) * util.bytesPerElement(info.dtype)),
    0,
  );
}
