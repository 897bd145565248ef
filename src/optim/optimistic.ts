import { mul, scalar, sub, type Tensor } from '@tensorflow/tfjs-core';
import { scaleByAdam, type ScaleByAdamOptions } from './adam.js';
import { chain } from './chain.js';
import { choose } from './choose.js';
import { mapUpdates } from './map-updates.js';
import { zerosTree } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';

/** Whether no step was done, a bool; the gradients of the last one. */
export type ScaleByOptimisticGradientState = {
  readonly isInitialStep: Tensor;
  readonly previousGradient: Updates;
};

/** Options of {@link scaleByOptimisticGradient}. */
export interface OptimisticGradientOptions {
  /** Weight of the gradient. Default 1. */
  readonly alpha?: number;
  /** Weight of its change since the last step. Default 1. */
  readonly beta?: number;
}

/** Adds to gradients their change since the last step: `(alpha + beta) g - beta g'` (Mokhtari et al., 2019). */
export function scaleByOptimisticGradient(
  options: OptimisticGradientOptions = {},
): GradientTransformation<ScaleByOptimisticGradientState> {
  const { alpha = 1, beta = 1 } = options;
  return transformation<ScaleByOptimisticGradientState>(
    (params) => ({ isInitialStep: scalar(true, 'bool'), previousGradient: zerosTree(params) }),
    (updates, { isInitialStep, previousGradient }) => {
      const previous = choose(
        isInitialStep,
        () => updates,
        () => previousGradient,
      );
      const scaled = mapUpdates((g, last) => sub(mul(g, alpha + beta), mul(last, beta)), updates, previous);
      return [scaled, { isInitialStep: scalar(false, 'bool'), previousGradient: updates }];
    },
  );
}

/** Gradient descent that looks ahead: for games, as those of adversarial networks (Mokhtari et al., 2019). */
export function optimisticGradientDescent(
  learningRate: LearningRate,
  options: OptimisticGradientOptions = {},
) {
  return chain(scaleByOptimisticGradient(options), scaleByLearningRate(learningRate));
}

/** Options of {@link optimisticAdamV2}: Adam's, with `nesterov` `true` by default. */
export interface OptimisticAdamOptions extends ScaleByAdamOptions, OptimisticGradientOptions {}

/** Adam that looks ahead (Daskalakis et al., 2017). */
export function optimisticAdamV2(learningRate: LearningRate, options: OptimisticAdamOptions = {}) {
  const { alpha, beta, nesterov = true, ...rest } = options;
  return chain(
    scaleByAdam({ ...rest, nesterov }),
    scaleByOptimisticGradient({ alpha, beta }),
    scaleByLearningRate(learningRate),
  );
}
