import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { concat, getBackend, slice } from '@tensorflow/tfjs-core';
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

/** Resizing of images. */
export const imageRules: readonly GradConfig[] = [
  rule<Record<string, unknown>>('ResizeBilinear', { inputs: ['images'] }, (dy, [images], attributes) => ({
    images: () => runKernel('ResizeBilinearGrad', { dy, images }, attributes),
  })),
  rule<Record<string, unknown>>(
    'ResizeNearestNeighbor',
    { inputs: ['images'] },
    (dy, [images], attributes) => ({
      images: () => nearestGradient(dy, images, attributes),
    }),
  ),
];
