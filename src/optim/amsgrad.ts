import { add, div, maximum, sqrt, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import type { ScaleByAdamOptions } from './adam.js';
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
import { transformation, type GradientTransformation, type Updates } from './transformation.js';

/** As Adam's, with the largest average of squares so far. */
export type ScaleByAmsgradState = {
  readonly count: Tensor;
  readonly mu: Updates;
  readonly nu: Updates;
  readonly nuMax: Updates;
};

/** Options of {@link amsgrad}. */
export interface AmsgradOptions extends Omit<ScaleByAdamOptions, 'nesterov'> {
  /** Divides the average of gradients by its bias. Default `true`. */
  readonly biasCorrectionMu?: boolean;
  /** Divides the average of squares by its bias. Default `true`. */
  readonly biasCorrectionNu?: boolean;
}

/** Adam's scaling with a denominator that never falls (Reddi et al., 2018). */
export function scaleByAmsgrad(options: AmsgradOptions = {}): GradientTransformation<ScaleByAmsgradState> {
  const {
    b1 = 0.9,
    b2 = 0.999,
    eps = 1e-8,
    epsRoot = 0,
    biasCorrectionMu = true,
    biasCorrectionNu = true,
  } = options;
  return transformation<ScaleByAmsgradState>(
    (params) => ({
      count: zeroCount(),
      mu: zerosTree(params),
      nu: zerosTree(params),
      nuMax: zerosTree(params),
    }),
    (updates, state) => {
      const count = increment(state.count);
      const mu = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, b1), updates, state.mu);
      const nu = mapUpdates((g: Tensor, v: Tensor) => updateSquareMoment(g, v, b2), updates, state.nu);
      const muDivisor = biasCorrectionMu ? biasCorrection(b1, count) : 1;
      const nuDivisor = biasCorrectionNu ? biasCorrection(b2, count) : 1;
      const nuMax = mapUpdates((old: Tensor, v: Tensor) => maximum(old, div(v, nuDivisor)), state.nuMax, nu);
      const scaled = mapUpdates(
        (m: Tensor, v: Tensor) => div(div(m, muDivisor), add(sqrt(add(v, epsRoot)), eps)),
        mu,
        nuMax,
      );
      return [scaled, { count, mu, nu, nuMax }];
    },
  );
}

/** AMSGrad (Reddi et al., 2018). */
export function amsgrad(learningRate: LearningRate, options: AmsgradOptions = {}) {
  return chain(scaleByAmsgrad(options), scaleByLearningRate(learningRate));
}
