import { add, equal, mul, scalar, sqrt, square, sum, where, div, type Tensor } from '@tensorflow/tfjs-core';
import { chain } from './chain.js';
import { mapUpdates } from './map-updates.js';
import { increment, mapTogether, updateMoment, zeroCount, zerosTree } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import {
  requireParams,
  transformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** Steps done, decayed sums of gradients, and of each parameter the average of its gradient's squared norm, a scalar. */
export type ScaleByNovogradState = { readonly count: Tensor; readonly mu: Updates; readonly nu: Updates };

/** Options of {@link scaleByNovograd}. */
export interface ScaleByNovogradOptions {
  /** Decay of the sum of gradients. Default 0.9. */
  readonly b1?: number;
  /** Decay of the average of squared norms. Default 0.25. */
  readonly b2?: number;
  /** Added to the norm. Default 1e-8. */
  readonly eps?: number;
  /** Added below the root. Default 0. */
  readonly epsRoot?: number;
  /** Part of the parameters that is added to gradients. Default 0. */
  readonly weightDecay?: number;
}

/** Sums gradients divided by the average norm of their parameter's (Ginsburg et al., 2019). */
export function scaleByNovograd(
  options: ScaleByNovogradOptions = {},
): GradientTransformation<ScaleByNovogradState> {
  const { b1 = 0.9, b2 = 0.25, eps = 1e-8, epsRoot = 0, weightDecay = 0 } = options;
  return transformation<ScaleByNovogradState>(
    (params) => ({
      count: zeroCount(),
      mu: zerosTree(params),
      nu: mapUpdates(() => scalar(0), params),
    }),
    (updates, state, params) => {
      const count = increment(state.count);
      const isFirst = equal(count, scalar(1, 'int32'));
      const [mu, nu] = mapTogether(
        (g, p, total, average): [Tensor, Tensor] => {
          const squaredNorm = sum(square(g));
          const nextNu = where(isFirst, squaredNorm, updateMoment(squaredNorm, average, b2));
          const step = add(div(g, add(sqrt(add(nextNu, epsRoot)), eps)), mul(p, weightDecay));
          // The sum begins at zero, so its first step needs no exception.
          return [add(mul(total, b1), step), nextNu];
        },
        updates,
        requireParams(params, 'scaleByNovograd'),
        state.mu,
        state.nu,
      );
      return [mu, { count, mu, nu }];
    },
  );
}

/** Options of {@link novograd}: those of {@link scaleByNovograd}, with `eps` 1e-6 by default. */
export type NovogradOptions = ScaleByNovogradOptions;

/** NovoGrad (Ginsburg et al., 2019). */
export function novograd(learningRate: LearningRate, { eps = 1e-6, ...rest }: NovogradOptions = {}) {
  return chain(scaleByNovograd({ ...rest, eps }), scaleByLearningRate(learningRate));
}
