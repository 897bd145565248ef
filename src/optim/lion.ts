import { sign, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { chain } from './chain.js';
import { increment, updateMoment, zeroCount, zerosTree } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/** Steps done, and the moving average of gradients. */
export type ScaleByLionState = { readonly count: Tensor; readonly mu: Updates };

/** Options of {@link scaleByLion}. */
export interface ScaleByLionOptions {
  /** Weight of the average in the step. Default 0.9. */
  readonly b1?: number;
  /** Decay of the average. Default 0.99. */
  readonly b2?: number;
}

/** The sign of a mean of gradient and average. */
export function scaleByLion(options: ScaleByLionOptions = {}): GradientTransformation<ScaleByLionState> {
  const { b1 = 0.9, b2 = 0.99 } = options;
  return transformation<ScaleByLionState>(
    (params) => ({ count: zeroCount(), mu: zerosTree(params) }),
    (updates, { count, mu }) => [
      mapUpdates((g: Tensor, m: Tensor) => sign(updateMoment(g, m, b1)), updates, mu),
      {
        count: increment(count),
        mu: mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, b2), updates, mu),
      },
    ],
  );
}

/** Options of {@link lion}. */
export interface LionOptions extends ScaleByLionOptions {
  /** Part of the parameters that is subtracted, before the learning rate. Default 1e-3. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: all. */
  readonly mask?: Mask;
}

/** Lion (Chen et al., 2023). */
export function lion(learningRate: LearningRate, options: LionOptions = {}) {
  const { weightDecay = 1e-3, mask, ...rest } = options;
  return chain(
    scaleByLion(rest),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}
