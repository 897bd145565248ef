import { matMul, reshape, util, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Sum over the last axis of `x` and the first of `w`, of any ranks from one up; the `dot` of TensorFlow.js stops at matrices.
 *
 * @param x `[...rows, size]`
 * @param w `[size, ...columns]`
 * @returns `[...rows, ...columns]`
 */
export function dot(x: Tensor, w: Tensor): Tensor {
  // Matrices need no views, which cost more than a small product.
  if (x.rank === 2 && w.rank === 2) return matMul(x, w);
  const size = w.shape[0];
  const rows = x.shape.slice(0, -1);
  const columns = w.shape.slice(1);
  const product = matMul(
    reshape(x, [util.sizeFromShape(rows), size]),
    reshape(w, [size, util.sizeFromShape(columns)]),
  );
  return reshape(product, [...rows, ...columns]);
}
