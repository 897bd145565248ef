import {
  add,
  div,
  expandDims,
  mean,
  mul,
  pow,
  rsqrt,
  scalar,
  square,
  sub,
  cast,
  zeros,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { chain } from './chain.js';
import { clipByBlockRms } from './clip.js';
import { increment, mapTogether, zeroCount } from './moments.js';
import { scaleByParamBlockRms } from './normalize.js';
import { scale, scaleByLearningRate, type LearningRate } from './scale.js';
import type { Schedule } from './schedules/schedule.js';
import { ema } from './trace.js';
import {
  requireParams,
  transformation,
  type GradientTransformation,
  type OptState,
  type Updates,
} from './transformation.js';
import { addDecayedWeights, type Mask } from './weight-decay.js';

/**
 * State of {@link scaleByFactoredRms}. Of a factored array, `vRow` and `vCol` are averages of its squares over one of its two largest
 * axes, and `v` is a single zero; of another, `v` is the average itself.
 */
export type FactoredState = {
  readonly count: Tensor;
  readonly vRow: Updates;
  readonly vCol: Updates;
  readonly v: Updates;
};

/** Options of {@link scaleByFactoredRms}. */
export interface ScaleByFactoredRmsOptions {
  /** Keeps row and column averages of large arrays instead of all squares. Default `true`. */
  readonly factored?: boolean;
  /** Averages decay by `1 - step ^ -decayRate`. Default 0.8. */
  readonly decayRate?: number;
  /** Steps taken off the count, for fine-tuning. Default 0. */
  readonly stepOffset?: number;
  /** Arrays whose second largest axis is smaller are not factored. Default 128. */
  readonly minDimSizeToFactor?: number;
  /** Added to squares. Default 1e-30. */
  readonly epsilon?: number;
}

/** The two largest axes, the largest last; nothing when the array is not to be factored. */
function factoredAxes(shape: readonly number[], least: number): [d1: number, d0: number] | undefined {
  if (shape.length < 2) return undefined;
  const axes = [...shape.keys()].sort((a, b) => shape[a] - shape[b]);
  const [d1, d0] = axes.slice(-2);
  return shape[d1] < least ? undefined : [d1, d0];
}

/** Divides gradients by the root of their squares' moving average, of which large arrays keep two factors (Shazeer and Stern, 2018). */
export function scaleByFactoredRms(
  options: ScaleByFactoredRmsOptions = {},
): GradientTransformation<FactoredState> {
  const { factored = true, decayRate = 0.8, stepOffset = 0, epsilon = 1e-30 } = options;
  const least = factored ? (options.minDimSizeToFactor ?? 128) : Infinity;
  const without = (shape: readonly number[], axis: number): number[] => shape.filter((_, i) => i !== axis);
  return transformation<FactoredState>(
    (params) => {
      const [vRow, vCol, v] = mapTogether((p): [Tensor, Tensor, Tensor] => {
        const axes = factoredAxes(p.shape, least);
        if (axes === undefined) return [zeros([1]), zeros([1]), zerosLike(p)];
        const [d1, d0] = axes;
        return [zeros(without(p.shape, d0)), zeros(without(p.shape, d1)), zeros([1])];
      }, params);
      return { count: zeroCount(), vRow, vCol, v };
    },
    (updates, state, params) => {
      requireParams(params, 'scaleByFactoredRms');
      const step = add(cast(state.count, 'float32'), 1 - stepOffset);
      const rest = pow(step, scalar(-decayRate));
      const decay = sub(1, rest);
      const average = (old: Tensor, value: Tensor): Tensor => add(mul(old, decay), mul(value, rest));
      const [scaled, vRow, vCol, v] = mapTogether(
        (g, row, col, all): [Tensor, Tensor, Tensor, Tensor] => {
          const squared = add(square(g), epsilon);
          const axes = factoredAxes(g.shape, least);
          if (axes === undefined) {
            const next = average(all, squared);
            return [mul(g, rsqrt(next)), zeros([1]), zeros([1]), next];
          }
          const [d1, d0] = axes;
          const nextRow = average(row, mean(squared, d0));
          const nextCol = average(col, mean(squared, d1));
          const rowFactor = rsqrt(div(nextRow, mean(nextRow, d1 > d0 ? d1 - 1 : d1, true)));
          const update = mul(mul(g, expandDims(rowFactor, d0)), expandDims(rsqrt(nextCol), d1));
          return [update, nextRow, nextCol, zeros([1])];
        },
        updates,
        state.vRow,
        state.vCol,
        state.v,
      );
      return [scaled, { count: increment(state.count), vRow, vCol, v }];
    },
  );
}

/** Options of {@link adafactor}. */
export interface AdafactorOptions {
  /** See {@link ScaleByFactoredRmsOptions}. Default 128. */
  readonly minDimSizeToFactor?: number;
  /** See {@link ScaleByFactoredRmsOptions}. Default 0.8. */
  readonly decayRate?: number;
  /** Steps taken off the count. Default 0. */
  readonly decayOffset?: number;
  /** Multiplies updates by the root mean square of their parameter. Default `true`. */
  readonly multiplyByParameterScale?: boolean;
  /** Greatest root mean square of an update; `null` for none. Default 1. */
  readonly clippingThreshold?: number | null;
  /** Decay of an average of updates. Default: none is kept. */
  readonly momentum?: number | null;
  /** Part of the parameters that is subtracted at each step, or a schedule of it. Default: none. */
  readonly weightDecayRate?: number | Schedule | null;
  /** Added to squares. Default 1e-30. */
  readonly eps?: number;
  /** See {@link ScaleByFactoredRmsOptions}. Default `true`. */
  readonly factored?: boolean;
  /** Which parameters decay. Default: all. */
  readonly weightDecayMask?: Mask;
}

/**
 * Adafactor (Shazeer and Stern, 2018): for large networks, whose averages of squares it keeps in two factors.
 *
 * @param learningRate `null` leaves the size of steps to the scale of the parameters alone
 */
export function adafactor(
  learningRate: LearningRate | null = null,
  options: AdafactorOptions = {},
): GradientTransformation<readonly OptState[]> {
  const { minDimSizeToFactor, decayRate, decayOffset: stepOffset, eps: epsilon, factored } = options;
  const { clippingThreshold = 1, multiplyByParameterScale = true } = options;
  const { momentum = null, weightDecayRate = null, weightDecayMask: mask } = options;
  const parts: unknown[] = [
    scaleByFactoredRms({ minDimSizeToFactor, decayRate, stepOffset, epsilon, factored }),
  ];
  if (clippingThreshold !== null) parts.push(clipByBlockRms(clippingThreshold));
  if (learningRate !== null) parts.push(scaleByLearningRate(learningRate, { flipSign: false }));
  if (multiplyByParameterScale) parts.push(scaleByParamBlockRms());
  if (momentum !== null) parts.push(ema(momentum, { debias: false }));
  if (weightDecayRate !== null) parts.push(addDecayedWeights(weightDecayRate, { mask }));
  parts.push(scale(-1));
  return chain<readonly OptState[]>(...(parts as GradientTransformation[]));
}
