import { add, div, scalar, sub, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { increment, zeroCount, zerosTree } from './moments.js';
import { readCount } from './scale.js';
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
  everyK: number | ((gradientStep: number) => number),
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
      const gathered = readCount(state.miniStep);
      const k = typeof everyK === 'number' ? everyK : everyK(readCount(state.gradientStep));
      const accGrads = mapUpdates(
        (g, acc) => (useGradMean ? add(acc, div(sub(g, acc), gathered + 1)) : add(g, acc)),
        updates,
        state.accGrads,
      );
      if (gathered < k - 1) {
        return [zerosTree(updates), { ...state, miniStep: scalar(gathered + 1, 'int32'), accGrads }];
      }
      const [next, innerOptState] = inner.update(accGrads, state.innerOptState, params);
      return [
        next,
        {
          miniStep: zeroCount(),
          gradientStep: increment(state.gradientStep),
          innerOptState,
          accGrads: zerosTree(accGrads),
        },
      ];
    },
  );
}
