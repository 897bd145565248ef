import { add, div, maximum, mean, mul, norm, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { globalNorm } from './apply-updates.js';
import { mapUpdates } from './map-updates.js';
import { requireParams, stateless, type EmptyState, type GradientTransformation } from './transformation.js';

/** Subtracts from each update of two axes or more its mean over all but the first (Yong et al., 2020). */
export function centralize(): GradientTransformation<EmptyState> {
  return stateless((updates) =>
    mapUpdates((g: Tensor) => {
      const axes = [...g.shape.keys()].slice(1);
      return g.rank > 1 ? sub(g, mean(g, axes, true)) : g;
    }, updates),
  );
}

/** Options of {@link normalizeByUpdateNorm}. */
export interface NormalizeByUpdateNormOptions {
  /** Norm of the result. Default 1. */
  readonly scaleFactor?: number;
  /** Added to the norm. Default 1e-6. */
  readonly eps?: number;
}

/** Divides updates by their global norm. */
export function normalizeByUpdateNorm(
  options: NormalizeByUpdateNormOptions = {},
): GradientTransformation<EmptyState> {
  const { scaleFactor = 1, eps = 1e-6 } = options;
  return stateless((updates) => {
    const divisor = div(add(globalNorm(updates), eps), scaleFactor);
    return mapUpdates((g: Tensor) => div(g, divisor), updates);
  });
}

function scaledByParam(name: string, measure: (param: Tensor) => Tensor): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    mapUpdates((u: Tensor, p: Tensor) => mul(u, measure(p)), updates, requireParams(params, name)),
  );
}

/** Multiplies each update by the norm of its parameter, or by `minScale` when that is larger. */
export function scaleByParamBlockNorm(minScale = 1e-3): GradientTransformation<EmptyState> {
  return scaledByParam('scaleByParamBlockNorm', (p) => maximum(norm(p), minScale));
}

/** Multiplies each update by the root mean square of its parameter, or by `minScale` when that is larger. */
export function scaleByParamBlockRms(minScale = 1e-3): GradientTransformation<EmptyState> {
  return scaledByParam('scaleByParamBlockRms', (p) => maximum(sqrt(mean(square(p))), minScale));
}
