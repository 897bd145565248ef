import { joinSchedules } from './join.js';
import { constantSchedule, linearSchedule } from './polynomial.js';
import { schedule, type Schedule } from './schedule.js';

/** Options of {@link exponentialDecay}. */
export interface ExponentialDecayOptions {
  /** Value before and at `transitionBegin`. */
  readonly initValue: number;
  /** Steps in which the value is multiplied by `decayRate` once; a constant `initValue` when not positive. */
  readonly transitionSteps: number;
  /** Factor of each transition; a constant `initValue` when 0. */
  readonly decayRate: number;
  /** Step at which the decay begins. Default 0. */
  readonly transitionBegin?: number;
  /** Decays once a transition instead of at each step. Default `false`. */
  readonly staircase?: boolean;
  /** The value never passes this one. Default: no bound. */
  readonly endValue?: number;
}

/** Decays by a factor. */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  const { initValue, transitionSteps, decayRate, transitionBegin = 0, staircase = false, endValue } = options;
  if (transitionSteps <= 0 || decayRate === 0) return constantSchedule(initValue);
  const begin = Math.max(transitionBegin, 0);
  return schedule((math, count) => {
    const transitions = math.div(math.sub(count, begin), transitionSteps);
    const power = staircase ? math.floor(transitions) : transitions;
    const decayed = math.mul(math.pow(decayRate, power), initValue);
    const value = math.from(count, begin, decayed, math.constant(initValue));
    if (endValue === undefined) return value;
    return decayRate < 1 ? math.max(value, endValue) : math.min(value, endValue);
  });
}

/** Options of {@link warmupExponentialDecaySchedule}. */
export interface WarmupExponentialDecayScheduleOptions extends ExponentialDecayOptions {
  /** Value after the warm-up. */
  readonly peakValue: number;
  /** Steps of the warm-up. */
  readonly warmupSteps: number;
}

/** A straight line from `initValue` up to `peakValue`, then {@link exponentialDecay}. */
export function warmupExponentialDecaySchedule(options: WarmupExponentialDecayScheduleOptions): Schedule {
  const { initValue, peakValue, warmupSteps, ...decay } = options;
  return joinSchedules(
    [
      linearSchedule({ initValue, endValue: peakValue, transitionSteps: warmupSteps }),
      exponentialDecay({ ...decay, initValue: peakValue }),
    ],
    [warmupSteps],
  );
}
