import { add, div, mul, sqrt, sub, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import type { ScaleByAdamOptions, ScaleByAdamState } from './adam.js';
import { chain } from './chain.js';
import {
  biasCorrection,
  increment,
  updateMoment,
  updateSquareMoment,
  zeroCount,
  zerosTree,
} from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation } from './transformation.js';

/** Options of {@link adabelief}: Adam's, with `eps` and `epsRoot` 1e-16 by default. */
export type AdabeliefOptions = ScaleByAdamOptions;

/** Divides the average of gradients by the root of the average of their squared surprise. */
export function scaleByBelief(options: AdabeliefOptions = {}): GradientTransformation<ScaleByAdamState> {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-16, epsRoot = 1e-16, nesterov = false } = options;
  return transformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosTree(params), nu: zerosTree(params) }),
    (updates, state) => {
      const count = increment(state.count);
      const mu = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, b1), updates, state.mu);
      const nu = mapUpdates(
        (g: Tensor, m: Tensor, v: Tensor) => add(updateSquareMoment(sub(g, m), v, b2), epsRoot),
        updates,
        mu,
        state.nu,
      );
      const muDivisor = biasCorrection(b1, nesterov ? increment(count) : count);
      const gDivisor = biasCorrection(b1, count);
      const nuDivisor = biasCorrection(b2, count);
      const scaled = mapUpdates(
        (g: Tensor, m: Tensor, v: Tensor) => {
          const corrected = div(m, muDivisor);
          const direction = nesterov ? add(mul(corrected, b1), mul(div(g, gDivisor), 1 - b1)) : corrected;
          return div(direction, add(sqrt(div(v, nuDivisor)), eps));
        },
        updates,
        mu,
        nu,
      );
      return [scaled, { count, mu, nu }];
    },
  );
}

/** AdaBelief (Zhuang et al., 2020). */
export function adabelief(learningRate: LearningRate, options: AdabeliefOptions = {}) {
  return chain(scaleByBelief(options), scaleByLearningRate(learningRate));
}
