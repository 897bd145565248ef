import { add, cast, div, greaterEqual, sub, type Tensor } from '@tensorflow/tfjs-core';
import { choose } from './choose.js';
import { mapUpdates } from './map-updates.js';
import { increment, zeroCount, zerosTree } from './moments.js';
import { valueAt, type Schedule } from './schedules/schedule.js';
import {
  checkArgument,
  transformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** State of {@link multiSteps}. */
export interface MultiStepsState<S> {
  /** int32: gradients gathered since the last step. */
  readonly miniStep: Tensor;
  /** int32: steps done. */
  readonly gradientStep: Tensor;
  readonly innerOptState: S;
  readonly accGrads: Updates;
}

/** Options of {@link multiSteps}. */
export interface MultiStepsOptions {
  /** Passes the mean of the gathered gradients on instead of their sum. Default `true`. */
  readonly useGradMean?: boolean;
}

/**
 * Gathers the gradients of several calls and updates in the last of them; the updates of the others are zeros.
 *
 * @param everyK calls a step: a number, or a function of the number of steps done
 */
export function multiSteps<S>(
  inner: GradientTransformation<S>,
  everyK: number | Schedule,
  { useGradMean = true }: MultiStepsOptions = {},
): GradientTransformation<MultiStepsState<S>> {
  checkArgument(
    typeof everyK === 'function' || (Number.isInteger(everyK) && everyK >= 1),
    'everyK',
    'a whole number of at least 1, or a function',
    everyK,
  );
  return transformation<MultiStepsState<S>>(
    (params) => ({
      miniStep: zeroCount(),
      gradientStep: zeroCount(),
      innerOptState: inner.init(params),
      accGrads: zerosTree(params),
    }),
    (updates, state, params) => {
      const miniStep = increment(state.miniStep);
      const gathered = cast(miniStep, 'float32');
      const k = typeof everyK === 'number' ? everyK : valueAt(everyK, state.gradientStep);
      const accGrads = mapUpdates(
        (g, acc) => (useGradMean ? add(acc, div(sub(g, acc), gathered)) : add(g, acc)),
        updates,
        state.accGrads,
      );
      const step = (): [Updates, MultiStepsState<S>] => {
        const [next, innerOptState] = inner.update(accGrads, state.innerOptState, params);
        const gradientStep = increment(state.gradientStep);
        return [next, { miniStep: zeroCount(), gradientStep, innerOptState, accGrads: zerosTree(accGrads) }];
      };
      const gather = (): [Updates, MultiStepsState<S>] => [
        zerosTree(updates),
        { ...state, miniStep, accGrads },
      ];
      return choose<[Updates, MultiStepsState<S>]>(greaterEqual(gathered, k), step, gather);
    },
  );
}
