import { mul, neg, Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { increment, zeroCount } from './moments.js';
import { scaledSchedule, valueAt, type Schedule } from './schedules/schedule.js';
import {
  checkArgument,
  stateless,
  transformation,
  type EmptyState,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** A number, a scalar tensor, or a {@link Schedule}. */
export type LearningRate = number | Tensor | Schedule;

/** State of {@link scaleBySchedule}: int32 steps done. */
export type ScaleByScheduleState = { readonly count: Tensor };

export function mulTree(updates: Updates, factor: number | Tensor): Updates {
  return mapUpdates((g: Tensor) => mul(g, factor), updates);
}

/** Multiplies updates by a number or a scalar tensor. */
export function scale(stepSize: number | Tensor): GradientTransformation<EmptyState> {
  checkArgument(
    typeof stepSize === 'number' || stepSize instanceof Tensor,
    'stepSize',
    'a number or a scalar tensor',
    stepSize,
  );
  return stateless((updates) => mulTree(updates, stepSize));
}

/** Multiplies updates by a function of the number of steps done, which begins at 0. */
export function scaleBySchedule(stepSize: Schedule): GradientTransformation<ScaleByScheduleState> {
  checkArgument(typeof stepSize === 'function', 'stepSize', 'a schedule', stepSize);
  return transformation<ScaleByScheduleState>(
    () => ({ count: zeroCount() }),
    (updates, { count }) => [mulTree(updates, valueAt(stepSize, count)), { count: increment(count) }],
  );
}

/** Multiplies updates by the negative learning rate: the last step of most optimizers. */
export function scaleByLearningRate(
  learningRate: LearningRate,
  { flipSign = true }: { readonly flipSign?: boolean } = {},
): GradientTransformation<EmptyState | ScaleByScheduleState> {
  checkArgument(
    typeof learningRate === 'number' || typeof learningRate === 'function' || learningRate instanceof Tensor,
    'The learning rate',
    'a number, a scalar tensor or a schedule',
    learningRate,
  );
  const sign = flipSign ? -1 : 1;
  const chosen =
    typeof learningRate === 'function'
      ? scaleBySchedule(scaledSchedule(learningRate, sign))
      : typeof learningRate === 'number'
        ? scale(sign * learningRate)
        : stateless((updates) => mulTree(updates, flipSign ? neg(learningRate) : learningRate));
  return chosen as GradientTransformation<EmptyState | ScaleByScheduleState>;
}
