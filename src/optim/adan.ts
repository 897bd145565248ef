import { add, cast, div, greater, mul, scalar, sqrt, sub, type Tensor } from '@tensorflow/tfjs-core';
import { chain } from './chain.js';
import {
  biasCorrection,
  increment,
  mapTogether,
  updateMoment,
  updateSquareMoment,
  zeroCount,
  zerosTree,
} from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import type { Schedule } from './schedules/schedule.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/** Averages of gradients, of their differences and of squares; the last gradients; steps done. */
export type ScaleByAdanState = {
  readonly m: Updates;
  readonly v: Updates;
  readonly n: Updates;
  readonly g: Updates;
  readonly t: Tensor;
};

/** Options of {@link scaleByAdan}. */
export interface ScaleByAdanOptions {
  /** Decay of the average of gradients. Default 0.98. */
  readonly b1?: number;
  /** Decay of the average of their differences. Default 0.92. */
  readonly b2?: number;
  /** Decay of the average of squares. Default 0.99. */
  readonly b3?: number;
  /** Added to the root. Default 1e-8. */
  readonly eps?: number;
  /** Added below the root. Default 0. */
  readonly epsRoot?: number;
}

/** Adam's scaling with a look at how gradients change (Xie et al., 2022). */
export function scaleByAdan(options: ScaleByAdanOptions = {}): GradientTransformation<ScaleByAdanState> {
  const { b1 = 0.98, b2 = 0.92, b3 = 0.99, eps = 1e-8, epsRoot = 0 } = options;
  return transformation<ScaleByAdanState>(
    (params) => ({
      m: zerosTree(params),
      v: zerosTree(params),
      n: zerosTree(params),
      g: zerosTree(params),
      t: zeroCount(),
    }),
    (updates, state) => {
      const t = increment(state.t);
      const isLater = cast(greater(state.t, scalar(0, 'int32')), 'float32');
      const [mDivisor, vDivisor, nDivisor] = [b1, b2, b3].map((decay) => biasCorrection(decay, t));
      const [scaled, m, v, n] = mapTogether(
        (g, last, m, v, n): [Tensor, Tensor, Tensor, Tensor] => {
          const difference = mul(sub(g, last), isLater);
          const nextM = updateMoment(g, m, b1);
          const nextV = updateMoment(difference, v, b2);
          const nextN = updateSquareMoment(add(g, mul(difference, 1 - b2)), n, b3);
          const direction = add(div(nextM, mDivisor), mul(div(nextV, vDivisor), 1 - b2));
          const size = add(sqrt(add(div(nextN, nDivisor), epsRoot)), eps);
          return [div(direction, size), nextM, nextV, nextN];
        },
        updates,
        state.g,
        state.m,
        state.v,
        state.n,
      );
      return [scaled, { m, v, n, g: updates, t }];
    },
  );
}

/** Options of {@link adan}: those of {@link scaleByAdan}, with `epsRoot` 1e-8 by default. */
export interface AdanOptions extends ScaleByAdanOptions {
  /** Part of the parameters that is subtracted, before the learning rate, or a schedule of it. Default 0. */
  readonly weightDecay?: number | Schedule;
  /** Which parameters decay. Default: all. */
  readonly mask?: Mask;
}

/** Adan (Xie et al., 2022). */
export function adan(learningRate: LearningRate, options: AdanOptions = {}) {
  const { weightDecay = 0, mask, epsRoot = 1e-8, ...rest } = options;
  return chain(
    scaleByAdan({ ...rest, epsRoot }),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}
