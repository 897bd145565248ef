import {
  add,
  cast,
  div,
  greaterEqual,
  mul,
  scalar,
  sqrt,
  sub,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import type { ScaleByAdamOptions, ScaleByAdamState } from './adam.js';
import { integerPower } from '../backend/ops/integer-power.js';
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

/** Options of {@link radam}. */
export interface RadamOptions extends ScaleByAdamOptions {
  /** Length of the average from which on the variance is trusted. Default 5. */
  readonly threshold?: number;
}

/** Adam's scaling, left out as long as the variance of the average of squares is too large. */
export function scaleByRadam(options: RadamOptions = {}): GradientTransformation<ScaleByAdamState> {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, threshold = 5, nesterov = false } = options;
  const largest = 2 / (1 - b2) - 1;
  return transformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosTree(params), nu: zerosTree(params) }),
    (updates, state) => {
      const count = increment(state.count);
      const mu = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, b1), updates, state.mu);
      const nu = mapUpdates((g: Tensor, v: Tensor) => updateSquareMoment(g, v, b2), updates, state.nu);
      const power = integerPower(b2, count);
      const length = sub(largest, div(mul(mul(cast(count, 'float32'), 2), power), sub(1, power)));
      const trusted = greaterEqual(length, threshold);
      const variance = div(
        mul(mul(sub(length, 4), sub(length, 2)), largest),
        mul(length, (largest - 4) * (largest - 2)),
      );
      // Below the threshold the root of a negative number would be NaN.
      const rectifier = sqrt(where(trusted, variance, zerosLike(variance)));
      const muDivisor = biasCorrection(b1, nesterov ? increment(count) : count);
      const gDivisor = biasCorrection(b1, count);
      const nuDivisor = biasCorrection(b2, count);
      const one = scalar(1);
      const scaled = mapUpdates(
        (g: Tensor, m: Tensor, v: Tensor) => {
          const corrected = div(m, muDivisor);
          const direction = nesterov ? add(mul(corrected, b1), mul(div(g, gDivisor), 1 - b1)) : corrected;
          const size = add(sqrt(add(div(v, nuDivisor), epsRoot)), eps);
          const whenTrusted = cast(trusted, 'float32');
          // Selects by arithmetic on scalars: factor and divisor are 1 below the threshold.
          const factor = where(trusted, rectifier, one);
          return div(mul(direction, factor), add(mul(size, whenTrusted), sub(1, whenTrusted)));
        },
        updates,
        mu,
        nu,
      );
      return [scaled, { count, mu, nu }];
    },
  );
}

/** Rectified Adam (Liu et al., 2020). */
export function radam(learningRate: LearningRate, options: RadamOptions = {}) {
  return chain(scaleByRadam(options), scaleByLearningRate(learningRate));
}
