import type { Tensor } from '@tensorflow/tfjs-core';
import { mul, ones, reshape, sum } from '@tensorflow/tfjs-core';

/** The gradient of broadcasting `shape` to the shape of `dy`: sums over the axes that were repeated. A new handle, always. */
export function unbroadcast(dy: Tensor, shape: number[]): Tensor {
  const added = dy.rank - shape.length;
  const axes = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < added || shape[axis - added] !== dy.shape[axis]);
  return reshape(axes.length > 0 ? sum(dy, axes) : dy, shape);
}

/** Repeats `x` over the axes of size 1 up to `shape`, of equal rank. A multiplication is the fast way on every backend. */
export function broadcast(x: Tensor, shape: number[]): Tensor {
  return mul(x, ones(shape));
}

/** The axes of an attribute, as non-negative numbers; all of them for null. */
export function normalizedAxes(axis: number | readonly number[] | null | undefined, rank: number): number[] {
  const axes =
    axis == null ? Array.from({ length: rank }, (_, i) => i) : typeof axis === 'number' ? [axis] : [...axis];
  return axes.map((a) => (a < 0 ? a + rank : a));
}

/** `y`, the result of a reduction of `shape` over `axes`, with the reduced axes back at size 1. */
export function keepAxes(y: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  return reshape(
    y,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/** Product of sizes. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
