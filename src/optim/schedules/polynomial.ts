import { checkArgument } from '../transformation.js';
import { schedule, type Schedule } from './schedule.js';

/** The same value at every step. */
export function constantSchedule(value: number): Schedule {
  checkArgument(typeof value === 'number', 'value', 'a number', value);
  return schedule((math) => math.constant(value));
}

/** Options of {@link linearSchedule}. */
export interface LinearScheduleOptions {
  /** Value before and at `transitionBegin`. */
  readonly initValue: number;
  /** Value after the transition. */
  readonly endValue: number;
  /** Steps of the transition; a constant `initValue` when not positive. */
  readonly transitionSteps: number;
  /** Step at which the transition begins. Default 0. */
  readonly transitionBegin?: number;
}

/** Options of {@link polynomialSchedule}. */
export interface PolynomialScheduleOptions extends LinearScheduleOptions {
  /** Power of what remains of the transition. */
  readonly power: number;
}

/** From `initValue` to `endValue` as a power of what remains. */
export function polynomialSchedule(options: PolynomialScheduleOptions): Schedule {
  const { initValue, endValue, power, transitionSteps, transitionBegin = 0 } = options;
  if (transitionSteps <= 0) return constantSchedule(initValue);
  const begin = Math.max(transitionBegin, 0);
  return schedule((math, count) => {
    const done = math.min(math.max(math.sub(count, begin), 0), transitionSteps);
    const rest = math.sub(1, math.div(done, transitionSteps));
    return math.add(math.mul(math.pow(rest, power), initValue - endValue), endValue);
  });
}

/** From `initValue` to `endValue` in a straight line. */
export function linearSchedule(options: LinearScheduleOptions): Schedule {
  return polynomialSchedule({ ...options, power: 1 });
}

/** Options of {@link warmupConstantSchedule}. */
export interface WarmupConstantScheduleOptions {
  /** Value at step 0. */
  readonly initValue: number;
  /** Value after the warm-up. */
  readonly peakValue: number;
  /** Steps of the warm-up. */
  readonly warmupSteps: number;
}

/** A straight line up, then constant. */
export function warmupConstantSchedule(options: WarmupConstantScheduleOptions): Schedule {
  const { initValue, peakValue, warmupSteps } = options;
  return linearSchedule({ initValue, endValue: peakValue, transitionSteps: warmupSteps });
}
