import {
  avgPool,
  cast,
  maxPool as maxPool2d,
  mul,
  reshape,
  tensor,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { padAxis, product, resolvePadding, takeEvery, windowCount, type PaddingPair } from './window.js';

/** Options of {@link maxPool} and {@link averagePool}; arrays have one entry a dimension of the input. */
export interface PoolOptions {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'SAME' | 'VALID';
}

/** One or two neighbouring axes, which a pooling kernel takes as height and width. */
interface Plane {
  readonly axes: readonly number[];
  readonly window: [number, number];
  readonly strides: [number, number];
  readonly pairs: readonly [PaddingPair, PaddingPair];
}

const one: PaddingPair = [0, 0];

/** Pools are separable: the axes with windows, in neighbouring pairs, the last ones first so that ties go to the first cell. */
function planes(x: Tensor, { window, strides, padding }: PoolOptions): Plane[] {
  const pairs = window.map((size, axis) => resolvePadding(padding, x.shape[axis], size, strides[axis]));
  const found: Plane[] = [];
  for (let axis = x.rank - 1; axis >= 0; axis--) {
    if (window[axis] === 1) continue;
    const before = axis - 1;
    if (before >= 0 && window[before] > 1) {
      found.push({
        axes: [before, axis],
        window: [window[before], window[axis]],
        strides: [strides[before], strides[axis]],
        pairs: [pairs[before], pairs[axis]],
      });
      axis--;
    } else {
      found.push({
        axes: [axis],
        window: [1, window[axis]],
        strides: [1, strides[axis]],
        pairs: [one, pairs[axis]],
      });
    }
  }
  return found;
}

type Kernel = (x: Tensor4D, plane: Plane) => Tensor4D;

/** Looks at each plane as `[before, height, width, after]`, whatever the rank of `x` and wherever its channels are. */
function poolPlanes(x: Tensor, options: PoolOptions, kernel: Kernel): Tensor {
  const { window, strides, padding } = options;
  const counts = x.shape.map((size, axis) => {
    const pair = resolvePadding(padding, size, window[axis], strides[axis]);
    return windowCount(size, window[axis], strides[axis], pair);
  });
  if (product(counts) === 0) return tensor([], counts, x.dtype);
  const sparse = window.reduce<Tensor>(
    (y, size, axis) =>
      size === 1 && strides[axis] > 1 ? takeEvery(y, axis, 0, strides[axis], counts[axis]) : y,
    x,
  );
  return planes(x, options).reduce<Tensor>((y, plane) => {
    const [first] = plane.axes;
    const last = plane.axes[plane.axes.length - 1];
    const before = y.shape.slice(0, first);
    const after = y.shape.slice(last + 1);
    const [height, width] = first === last ? [1, y.shape[last]] : [y.shape[first], y.shape[last]];
    const pooled = kernel(reshape(y, [product(before), height, width, product(after)]), plane);
    const sizes = first === last ? [pooled.shape[2]] : [pooled.shape[1], pooled.shape[2]];
    return reshape(pooled, [...before, ...sizes, ...after]);
  }, sparse);
}

/** Largest value of each window, padding left out. Integers are compared as float32, which is exact up to 2²⁴. */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  if (x.dtype !== 'float32') return cast(maxPool(cast(x, 'float32'), options), x.dtype);
  return poolPlanes(x, options, (plane, { window, strides, pairs }) =>
    maxPool2d(plane, window, strides, [[0, 0], [...pairs[0]], [...pairs[1]], [0, 0]]),
  );
}

/** How many cells of each window are not padding. */
function validCounts(size: number, window: number, stride: number, [before, after]: PaddingPair): number[] {
  return Array.from({ length: windowCount(size, window, stride, [before, after]) }, (_, i) => {
    const start = i * stride - before;
    return Math.min(size, start + window) - Math.max(0, start);
  });
}

/**
 * Mean of each window, padding left out; float32, of integers too. The padded average pool of TensorFlow.js has the right values, but gradients that
 * divide by the whole window: here padding zeros count first, and the mean is scaled up where there are some.
 */
export function averagePool(x: Tensor, options: PoolOptions): Tensor {
  return poolPlanes(cast(x, 'float32'), options, (plane, { window, strides, pairs }) => {
    const padded = padAxis(padAxis(plane, 1, pairs[0]), 2, pairs[1]);
    const means = avgPool(padded as Tensor4D, window, strides, 'valid');
    if (pairs.flat().every((cells) => cells === 0)) return means;
    const [rows, columns] = window.map((size, i) =>
      validCounts(plane.shape[i + 1], size, strides[i], pairs[i]),
    );
    const scales = rows.flatMap((row) => columns.map((column) => product(window) / (row * column)));
    return mul(means, tensor(scales, [1, rows.length, columns.length, 1]));
  });
}
