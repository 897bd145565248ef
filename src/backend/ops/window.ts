import { pad, reshape, slice, type backend_util, type Tensor } from '@tensorflow/tfjs-core';

/** Cells put before and after a dimension; negative ones are cut off. */
export type PaddingPair = readonly [before: number, after: number];

/** Names of paddings whose size follows from the input, as XLA defines them. */
export type PaddingName = 'SAME' | 'SAME_LOWER' | 'VALID';

/** Padding of windowed dimensions: a name, or a pair for each. */
export type WindowPadding = PaddingName | readonly PaddingPair[];

/** Extent of a window of `size` cells that lie `dilation` apart. */
export function dilatedSize(size: number, dilation: number): number {
  return (size - 1) * dilation + 1;
}

/** Padding of planes as TensorFlow.js writes it: a name, one number for all four sides, or pairs for all four axes. */
export type PlanePadding = 'valid' | 'same' | number | backend_util.ExplicitPadding;

/**
 * One number as pairs. Of a number TensorFlow.js computes the width of the result by the kernel and stride of the height.
 */
export function sidesOf(padding: PlanePadding, channelsFirst = false): Exclude<PlanePadding, number> {
  if (typeof padding !== 'number') return padding;
  const side: [number, number] = [padding, padding];
  return channelsFirst ? [[0, 0], [0, 0], side, side] : [[0, 0], side, side, [0, 0]];
}

/** How many windows of extent `window` fit into a padded dimension. */
export function windowCount(
  size: number,
  window: number,
  stride: number,
  [before, after]: PaddingPair,
): number {
  return Math.max(0, Math.floor((size + before + after - window) / stride) + 1);
}

/** The pair that a padding comes to for one dimension: SAME gives `⌈size / stride⌉` windows, the odd cell after (LOWER: before). */
export function resolvePadding(
  padding: PaddingName,
  size: number,
  window: number,
  stride: number,
): PaddingPair {
  if (padding === 'VALID') return [0, 0];
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0);
  const less = Math.floor(total / 2);
  return padding === 'SAME' ? [less, total - less] : [total - less, less];
}

/** The size of an axis that the caller knows to exist. */
export function sizeOf(x: Tensor, axis: number): number {
  return x.shape[axis];
}

/** The product of some sizes. */
export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Looks at `x` as `[before, size of the axis, after]`, which every backend handles whatever the rank of `x`. */
function aroundAxis(x: Tensor, axis: number): Tensor {
  return reshape(x, [product(x.shape.slice(0, axis)), x.shape[axis], product(x.shape.slice(axis + 1))]);
}

function withAxis(x: Tensor, shape: readonly number[], axis: number): Tensor {
  return reshape(x, [...shape.slice(0, axis), sizeOf(x, 1), ...shape.slice(axis + 1)]);
}

/** The part `[start, start + size)` of one axis. */
export function sliceAxis(x: Tensor, axis: number, start: number, size: number): Tensor {
  if (start === 0 && size === x.shape[axis]) return x;
  return withAxis(slice(aroundAxis(x, axis), [0, start, 0], [-1, size, -1]), x.shape, axis);
}

/** Puts `value` before and after one axis, or cuts cells off. */
export function padAxis(x: Tensor, axis: number, [before, after]: PaddingPair, value = 0): Tensor {
  const size = x.shape[axis];
  const cutBefore = Math.max(0, -before);
  const kept = sliceAxis(x, axis, cutBefore, Math.max(0, size - cutBefore - Math.max(0, -after)));
  if (before <= 0 && after <= 0) return kept;
  const pairs: [number, number][] = [
    [0, 0],
    [Math.max(0, before), Math.max(0, after)],
    [0, 0],
  ];
  return withAxis(pad(aroundAxis(kept, axis), pairs, value), x.shape, axis);
}

/**
 * `count` cells of one axis, `stride` apart from `start` on. The strided slice of TensorFlow.js has no gradient rule; this is
 * made of operations that have.
 */
export function takeEvery(x: Tensor, axis: number, start: number, stride: number, count: number): Tensor {
  if (stride === 1) return sliceAxis(x, axis, start, count);
  const rows = padAxis(x, axis, [-start, start + count * stride - x.shape[axis]]);
  const [before, after] = [product(x.shape.slice(0, axis)), product(x.shape.slice(axis + 1))];
  const firsts = slice(reshape(rows, [before, count, stride, after]), [0, 0, 0, 0], [-1, -1, 1, -1]);
  return withAxis(reshape(firsts, [before, count, after]), x.shape, axis);
}

/** Puts `factor - 1` zeros between the cells of one axis. */
export function dilateAxis(x: Tensor, axis: number, factor: number): Tensor {
  const size = x.shape[axis];
  if (factor === 1 || size === 0) return x;
  const [before, after] = [product(x.shape.slice(0, axis)), product(x.shape.slice(axis + 1))];
  const pairs: [number, number][] = [
    [0, 0],
    [0, factor - 1],
    [0, 0],
  ];
  const spread = reshape(pad(reshape(x, [before * size, 1, after]), pairs), [before, size * factor, after]);
  return withAxis(slice(spread, [0, 0, 0], [-1, dilatedSize(size, factor), -1]), x.shape, axis);
}

type Explicit2d = [[number, number], [number, number], [number, number], [number, number]];

/** TensorFlow.js pads `[N, H, W, C]` in its own kernels, but never cuts off: what it cannot do, done, and what is left for it. */
export function forPlaneKernel<T extends Tensor>(
  x: T,
  pairs: readonly PaddingPair[],
): { cut: T; explicit: Explicit2d } {
  const cut = pairs.reduce<Tensor>(
    (y, [before, after], i) => padAxis(y, i + 1, [Math.min(0, before), Math.min(0, after)]),
    x,
  );
  const [rows, columns] = pairs.map(([before, after]): [number, number] => [
    Math.max(0, before),
    Math.max(0, after),
  ]);
  return { cut: cut as T, explicit: [[0, 0], rows, columns, [0, 0]] };
}
