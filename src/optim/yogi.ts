import { add, div, mul, sign, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import type { ScaleByAdamState } from './adam.js';
import { chain } from './chain.js';
import { biasCorrection, fullTree, increment, updateMoment, zeroCount } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation } from './transformation.js';

/** Options of {@link yogi}. */
export interface YogiOptions {
  /** Decay of the average of gradients. Default 0.9. */
  readonly b1?: number;
  /** Rate of the average of squares. Default 0.999. */
  readonly b2?: number;
  /** Added to the root. Default 1e-3. */
  readonly eps?: number;
}

/** Options of {@link scaleByYogi}. */
export interface ScaleByYogiOptions extends YogiOptions {
  /** Added below the root. Default 0. */
  readonly epsRoot?: number;
  /** Where both averages begin. Default 1e-6. */
  readonly initialAccumulatorValue?: number;
}

/** Adam's scaling with an average of squares that changes by steps of bounded size. */
export function scaleByYogi(options: ScaleByYogiOptions = {}): GradientTransformation<ScaleByAdamState> {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-3, epsRoot = 0, initialAccumulatorValue = 1e-6 } = options;
  return transformation<ScaleByAdamState>(
    (params) => ({
      count: zeroCount(),
      mu: fullTree(params, initialAccumulatorValue),
      nu: fullTree(params, initialAccumulatorValue),
    }),
    (updates, state) => {
      const count = increment(state.count);
      const mu = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, b1), updates, state.mu);
      const nu = mapUpdates(
        (g: Tensor, v: Tensor) => {
          const squared = square(g);
          return sub(v, mul(mul(sign(sub(v, squared)), 1 - b2), squared));
        },
        updates,
        state.nu,
      );
      const muDivisor = biasCorrection(b1, count);
      const nuDivisor = biasCorrection(b2, count);
      const scaled = mapUpdates(
        (m: Tensor, v: Tensor) => div(div(m, muDivisor), add(sqrt(add(div(v, nuDivisor), epsRoot)), eps)),
        mu,
        nu,
      );
      return [scaled, { count, mu, nu }];
    },
  );
}

/** Yogi (Zaheer et al., 2018). */
export function yogi(learningRate: LearningRate, options: YogiOptions = {}) {
  return chain(scaleByYogi(options), scaleByLearningRate(learningRate));
}
