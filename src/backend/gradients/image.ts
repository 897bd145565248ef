import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import {
  broadcastTo,
  concat,
  expandDims,
  eye,
  getBackend,
  matMul,
  reshape,
  slice,
} from '@tensorflow/tfjs-core';
import { rule, runKernel } from './rule.js';

/** The CPU kernel mixes up the images of a batch: there they go one by one. */
function nearestGradient(dy: Tensor, images: Tensor, attributes: Record<string, unknown>): Tensor {
  const batch = images.shape[0];
  if (batch === 1 || getBackend() !== 'cpu') {
    return runKernel('ResizeNearestNeighborGrad', { dy, images }, attributes);
  }
  const one = (t: Tensor, i: number): Tensor => slice(t, [i, 0, 0, 0], [1, ...t.shape.slice(1)]);
  return concat(
    Array.from({ length: batch }, (_, i) =>
      runKernel('ResizeNearestNeighborGrad', { dy: one(dy, i), images: one(images, i) }, attributes),
    ),
  );
}

/**
 * Where pixels are taken at their middles the kernels of the gradients do not know it. Resizing is one matrix for each axis, which the
 * resized identity shows.
 */
function centredGradient(
  kernelName: string,
  dy: Tensor,
  images: Tensor,
  attributes: Record<string, unknown>,
): Tensor {
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = dy.shape.slice(1);
  const matrix = (from: number, to: number): Tensor =>
    reshape(
      runKernel(
        kernelName,
        { images: reshape(eye(from), [1, from, 1, from]) },
        { ...attributes, size: [to, 1] },
      ),
      [to, from],
    );
  // [batch, rows, columns · channels] from the left, then [batch · height, columns, channels].
  const upright = matMul(
    broadcastTo(expandDims(matrix(height, rows), 0), [batch, rows, height]),
    reshape(dy, [batch, rows, columns * channels]),
    true,
  );
  const lines = batch * height;
  const across = broadcastTo(expandDims(matrix(width, columns), 0), [lines, columns, width]);
  return reshape(matMul(across, reshape(upright, [lines, columns, channels]), true), images.shape);
}

/** Resizing of images. */
export const imageRules: readonly GradConfig[] = [
  rule<Record<string, unknown>>('ResizeBilinear', { inputs: ['images'] }, (dy, [images], attributes) => ({
    images: () =>
      attributes.halfPixelCenters === true
        ? centredGradient('ResizeBilinear', dy, images, attributes)
        : runKernel('ResizeBilinearGrad', { dy, images }, attributes),
  })),
  rule<Record<string, unknown>>(
    'ResizeNearestNeighbor',
    { inputs: ['images'] },
    (dy, [images], attributes) => ({
      images: () =>
        attributes.halfPixelCenters === true
          ? centredGradient('ResizeNearestNeighbor', dy, images, attributes)
          : nearestGradient(dy, images, attributes),
    }),
  ),
];
