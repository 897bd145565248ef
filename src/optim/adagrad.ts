import { add, greater, mul, rsqrt, square, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { chain } from './chain.js';
import { fullTree } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';

/** Sums of the squares of all gradients. */
export type ScaleByRssState = { readonly sumOfSquares: Updates };

/** Options of {@link adagrad}. */
export interface AdagradOptions {
  /** Where the sums begin. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Added below the root. Default 1e-7. */
  readonly eps?: number;
}

/** Divides gradients by the root of the sum of all squares. */
export function scaleByRss(options: AdagradOptions = {}): GradientTransformation<ScaleByRssState> {
  const { initialAccumulatorValue = 0.1, eps = 1e-7 } = options;
  return transformation<ScaleByRssState>(
    (params) => ({ sumOfSquares: fullTree(params, initialAccumulatorValue) }),
    (updates, state) => {
      const sumOfSquares = mapUpdates(
        (g: Tensor, s: Tensor) => add(square(g), s),
        updates,
        state.sumOfSquares,
      );
      const scaled = mapUpdates(
        (g: Tensor, s: Tensor) => mul(g, where(greater(s, 0), rsqrt(add(s, eps)), zerosLike(s))),
        updates,
        sumOfSquares,
      );
      return [scaled, { sumOfSquares }];
    },
  );
}

/** Adagrad (Duchi et al., 2011). */
export function adagrad(learningRate: LearningRate, options: AdagradOptions = {}) {
  return chain(scaleByRss(options), scaleByLearningRate(learningRate));
}
