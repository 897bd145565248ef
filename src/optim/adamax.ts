import { div, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import type { ScaleByAdamState } from './adam.js';
import { chain } from './chain.js';
import {
  biasCorrection,
  increment,
  updateInfinityMoment,
  updateMoment,
  zeroCount,
  zerosTree,
} from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation } from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/** Options of {@link adamax}. */
export interface AdamaxOptions {
  /** Decay of the average of gradients. Default 0.9. */
  readonly b1?: number;
  /** Decay of the maximum of magnitudes. Default 0.999. */
  readonly b2?: number;
  /** Added to magnitudes. Default 1e-8. */
  readonly eps?: number;
}

/** Divides the average of gradients by their decayed maximum (Kingma and Ba, 2014, section 7). */
export function scaleByAdamax(options: AdamaxOptions = {}): GradientTransformation<ScaleByAdamState> {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8 } = options;
  return transformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosTree(params), nu: zerosTree(params) }),
    (updates, state) => {
      const count = increment(state.count);
      const mu = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, b1), updates, state.mu);
      const nu = mapUpdates((g: Tensor, v: Tensor) => updateInfinityMoment(g, v, b2, eps), updates, state.nu);
      const correction = biasCorrection(b1, count);
      return [mapUpdates((m: Tensor, v: Tensor) => div(div(m, correction), v), mu, nu), { count, mu, nu }];
    },
  );
}

/** Adamax: Adam with the infinity norm. */
export function adamax(learningRate: LearningRate, options: AdamaxOptions = {}) {
  return chain(scaleByAdamax(options), scaleByLearningRate(learningRate));
}

/** Options of {@link adamaxw}. */
export interface AdamaxWOptions extends AdamaxOptions {
  /** Part of the parameters that is subtracted, before the learning rate. Default 1e-4. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: all. */
  readonly mask?: Mask;
}

/** {@link adamax} with decoupled weight decay. */
export function adamaxw(learningRate: LearningRate, options: AdamaxWOptions = {}) {
  const { weightDecay = 1e-4, mask, ...rest } = options;
  return chain(
    scaleByAdamax(rest),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}
