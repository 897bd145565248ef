import {
  add,
  div,
  equal,
  logicalOr,
  maximum,
  mul,
  norm,
  scalar,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { scaleByAdam, type ScaleByAdamOptions } from './adam.js';
import { chain } from './chain.js';
import { masked } from './masked.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { trace } from './trace.js';
import { requireParams, stateless, type EmptyState, type GradientTransformation } from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/** Options of {@link scaleByTrustRatio}. */
export interface ScaleByTrustRatioOptions {
  /** Least value of both norms. Default 0. */
  readonly minNorm?: number;
  /** Multiplies the ratio. Default 1. */
  readonly trustCoefficient?: number;
  /** Added to the norm of the update. Default 0. */
  readonly eps?: number;
}

/** Scales each update by the ratio of the norms of its parameter and of itself (You et al., 2020). */
export function scaleByTrustRatio(
  options: ScaleByTrustRatioOptions = {},
): GradientTransformation<EmptyState> {
  const { minNorm = 0, trustCoefficient = 1, eps = 0 } = options;
  return stateless((updates, params) =>
    mapUpdates(
      (u: Tensor, p: Tensor) => {
        const paramNorm = maximum(norm(p), minNorm);
        const updateNorm = maximum(norm(u), minNorm);
        const ratio = div(mul(paramNorm, trustCoefficient), add(updateNorm, eps));
        return mul(u, where(logicalOr(equal(paramNorm, 0), equal(updateNorm, 0)), scalar(1), ratio));
      },
      updates,
      requireParams(params, 'scaleByTrustRatio'),
    ),
  );
}

/** Options of {@link lars}. */
export interface LarsOptions {
  /** Part of the parameters that is added to gradients. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: all. */
  readonly weightDecayMask?: Mask;
  /** Multiplies the ratio of norms. Default 0.001. */
  readonly trustCoefficient?: number;
  /** Added to the norm of the update. Default 0. */
  readonly eps?: number;
  /** Which parameters are scaled by their ratio. Default: all. */
  readonly trustRatioMask?: Mask;
  /** Decay of the momentum. Default 0.9. */
  readonly momentum?: number;
  /** Nesterov momentum. Default `false`. */
  readonly nesterov?: boolean;
}

/** LARS (You et al., 2017). */
export function lars(learningRate: LearningRate, options: LarsOptions = {}) {
  const { weightDecay = 0, weightDecayMask = true, trustCoefficient = 0.001, eps = 0 } = options;
  const { trustRatioMask = true, momentum = 0.9, nesterov = false } = options;
  return chain(
    addDecayedWeights(weightDecay, { mask: weightDecayMask }),
    masked(scaleByTrustRatio({ trustCoefficient, eps }), trustRatioMask),
    scaleByLearningRate(learningRate),
    trace(momentum, { nesterov }),
  );
}

/** Options of {@link lamb}: Adam's, with `eps` 1e-6 by default. */
export interface LambOptions extends Omit<ScaleByAdamOptions, 'nesterov'> {
  /** Part of the parameters that is added to updates. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: all. */
  readonly mask?: Mask;
}

/** LAMB (You et al., 2020). */
export function lamb(learningRate: LearningRate, options: LambOptions = {}) {
  const { weightDecay = 0, mask, eps = 1e-6, ...rest } = options;
  return chain(
    scaleByAdam({ ...rest, eps }),
    addDecayedWeights(weightDecay, { mask }),
    scaleByTrustRatio(),
    scaleByLearningRate(learningRate),
  );
}
