import { add, div, mul, sqrt, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { chain } from './chain.js';
import { updateSquareMoment, zerosTree } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/** Moving averages of squared gradients and of squared updates. */
export type ScaleByAdadeltaState = { readonly eG: Updates; readonly eX: Updates };

/** Options of {@link scaleByAdadelta}. */
export interface ScaleByAdadeltaOptions {
  /** Decay of both averages. Default 0.9. */
  readonly rho?: number;
  /** Added below the roots. Default 1e-6. */
  readonly eps?: number;
}

/** Scales gradients by the ratio of the roots of both averages. */
export function scaleByAdadelta(
  options: ScaleByAdadeltaOptions = {},
): GradientTransformation<ScaleByAdadeltaState> {
  const { rho = 0.9, eps = 1e-6 } = options;
  return transformation<ScaleByAdadeltaState>(
    (params) => ({ eG: zerosTree(params), eX: zerosTree(params) }),
    (updates, state) => {
      const eG = mapUpdates((g: Tensor, e: Tensor) => updateSquareMoment(g, e, rho), updates, state.eG);
      const scaled = mapUpdates(
        (g: Tensor, gradients: Tensor, steps: Tensor) =>
          mul(div(sqrt(add(steps, eps)), sqrt(add(gradients, eps))), g),
        updates,
        eG,
        state.eX,
      );
      const eX = mapUpdates((u: Tensor, e: Tensor) => updateSquareMoment(u, e, rho), scaled, state.eX);
      return [scaled, { eG, eX }];
    },
  );
}

/** Options of {@link adadelta}. */
export interface AdadeltaOptions extends ScaleByAdadeltaOptions {
  /** Part of the parameters that is added to gradients. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: all. */
  readonly weightDecayMask?: Mask;
}

/** Adadelta (Zeiler, 2012). */
export function adadelta(learningRate: LearningRate = 1, options: AdadeltaOptions = {}) {
  const { weightDecay = 0, weightDecayMask, ...rest } = options;
  return chain(
    addDecayedWeights(weightDecay, { mask: weightDecayMask }),
    scaleByAdadelta(rest),
    scaleByLearningRate(learningRate),
  );
}
