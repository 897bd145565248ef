import {
  clipByValue,
  div,
  less,
  maximum,
  mean,
  mul,
  reshape,
  scalar,
  sqrt,
  square,
  sum,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { globalNorm } from './apply-updates.js';
import { mulTree } from './scale.js';
import { requireParams, stateless, type EmptyState, type GradientTransformation } from './transformation.js';

/** Clips each value to `[-maxDelta, maxDelta]`. */
export function clip(maxDelta: number): GradientTransformation<EmptyState> {
  return stateless((updates) => mapUpdates((g: Tensor) => clipByValue(g, -maxDelta, maxDelta), updates));
}

/** Shrinks all updates together so that their global norm is at most `maxNorm` (Pascanu et al., 2012). */
export function clipByGlobalNorm(maxNorm: number): GradientTransformation<EmptyState> {
  return stateless((updates) => {
    const norm = globalNorm(updates);
    return mulTree(updates, where(less(norm, maxNorm), scalar(1), div(maxNorm, norm)));
  });
}

/** Shrinks each update whose root mean square is above `threshold` to it. */
export function clipByBlockRms(threshold: number): GradientTransformation<EmptyState> {
  return stateless((updates) =>
    mapUpdates((g: Tensor) => div(g, maximum(1, div(sqrt(mean(square(g))), threshold))), updates),
  );
}

/** Norms of the units of an array: of all of a vector, of each column of a matrix, of each filter of a kernel. */
function unitwiseNorm(x: Tensor): Tensor {
  const sizes = x.shape.filter((size) => size !== 1);
  if (sizes.length <= 1)
    return reshape(
      sqrt(sum(square(x))),
      x.shape.map(() => 1),
    );
  const axes = sizes.length <= 3 ? [0] : [...x.shape.keys()].slice(0, -1);
  return sqrt(sum(square(x), axes, true));
}

/** Shrinks updates whose unit-wise norm is above `clipping` times their parameter's (Brock et al., 2021). */
export function adaptiveGradClip(
  clipping: number,
  { eps = 1e-3 }: { readonly eps?: number } = {},
): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    mapUpdates(
      (g: Tensor, p: Tensor) => {
        const norm = unitwiseNorm(g);
        const largest = mul(maximum(unitwiseNorm(p), eps), clipping);
        const factor = div(largest, maximum(norm, 1e-6));
        return mul(g, where(less(norm, largest), div(factor, factor), factor));
      },
      updates,
      requireParams(params, 'adaptiveGradClip'),
    ),
  );
}
