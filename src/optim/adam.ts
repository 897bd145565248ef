import type { Tensor } from '@tensorflow/tfjs-core';
import { adamUpdate } from '../backend/ops/adam-update.js';
import { biasCorrection, increment, mapTogether, zeroCount, zerosTree } from './moments.js';
import { chain } from './chain.js';
import { scaleByLearningRate, type LearningRate, type ScaleByScheduleState } from './scale.js';
import {
  identity,
  transformation,
  type EmptyState,
  type GradientTransformation,
  type Updates,
} from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/** Steps done, and the moving averages of gradients and of their squares. */
export type ScaleByAdamState = { readonly count: Tensor; readonly mu: Updates; readonly nu: Updates };

/** Options of {@link scaleByAdam}. */
export interface ScaleByAdamOptions {
  /** Decay of the average of gradients. Default 0.9. */
  readonly b1?: number;
  /** Decay of the average of squares. Default 0.999. */
  readonly b2?: number;
  /** Added to the root. Default 1e-8. */
  readonly eps?: number;
  /** Added below the root. Default 0. */
  readonly epsRoot?: number;
  /** Nesterov momentum, as in NAdam. Default `false`. */
  readonly nesterov?: boolean;
}

/** Divides the average of gradients by the root of the average of their squares (Kingma and Ba, 2014). */
export function scaleByAdam(options: ScaleByAdamOptions = {}): GradientTransformation<ScaleByAdamState> {
  return scaledAdam(options, 1);
}

/** {@link scaleByAdam} with its updates multiplied by a number in the same pass. */
function scaledAdam(options: ScaleByAdamOptions, scale: number): GradientTransformation<ScaleByAdamState> {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, nesterov = false } = options;
  return transformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosTree(params), nu: zerosTree(params) }),
    (updates, state) => {
      const count = increment(state.count);
      const correction = biasCorrection(b1, count);
      const corrections = {
        mu: nesterov ? biasCorrection(b1, increment(count)) : correction,
        gradient: correction,
        nu: biasCorrection(b2, count),
      };
      const [scaled, mu, nu] = mapTogether(
        (g, m, v) => adamUpdate(g, m, v, corrections, { b1, b2, eps, epsRoot, nesterov, scale }),
        updates,
        state.mu,
        state.nu,
      );
      return [scaled, { count, mu, nu }];
    },
  );
}

/** Options of {@link adam}. */
export type AdamOptions = ScaleByAdamOptions;

/** Adam (Kingma and Ba, 2014). */
export function adam(learningRate: LearningRate, options: AdamOptions = {}) {
  type States = readonly [ScaleByAdamState, EmptyState | ScaleByScheduleState];
  const byRate: GradientTransformation<EmptyState | ScaleByScheduleState> =
    typeof learningRate === 'number' ? (identity() as typeof byRate) : scaleByLearningRate(learningRate);
  return chain<States>(scaledAdam(options, typeof learningRate === 'number' ? -learningRate : 1), byRate);
}

/** Adam with Nesterov momentum (Dozat, 2016). */
export function nadam(learningRate: LearningRate, options: Omit<AdamOptions, 'nesterov'> = {}) {
  return adam(learningRate, { ...options, nesterov: true });
}

/** Options of {@link adamw}. */
export interface AdamWOptions extends ScaleByAdamOptions {
  /** Part of the parameters that is subtracted, before the learning rate. Default 1e-4. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: all. */
  readonly mask?: Mask;
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019). */
export function adamw(learningRate: LearningRate, options: AdamWOptions = {}) {
  const { weightDecay = 1e-4, mask, ...adamOptions } = options;
  return chain(
    scaleByAdam(adamOptions),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}

/** {@link adamw} with Nesterov momentum. */
export function nadamw(learningRate: LearningRate, options: Omit<AdamWOptions, 'nesterov'> = {}) {
  return adamw(learningRate, { ...options, nesterov: true });
}
