import { checkArgument } from '../transformation.js';
import { joinSchedules } from './join.js';
import { linearSchedule } from './polynomial.js';
import { schedule, type Schedule } from './schedule.js';

/** Options of {@link cosineDecaySchedule}. */
export interface CosineDecayScheduleOptions {
  /** Value at step 0. */
  readonly initValue: number;
  /** Steps of the decay, above 0. */
  readonly decaySteps: number;
  /** Part of `initValue` that remains at the end. Default 0. */
  readonly alpha?: number;
  /** Power of the cosine. Default 1. */
  readonly exponent?: number;
}

/** Half a cosine down (Loshchilov and Hutter, 2017). */
export function cosineDecaySchedule(options: CosineDecayScheduleOptions): Schedule {
  const { initValue, decaySteps, alpha = 0, exponent = 1 } = options;
  checkArgument(decaySteps > 0, 'decaySteps', 'above 0', decaySteps);
  return schedule((math, count) => {
    const angle = math.mul(math.min(count, decaySteps), Math.PI / decaySteps);
    const cosine = math.mul(math.add(math.cos(angle), 1), 0.5);
    return math.mul(math.add(math.mul(math.pow(cosine, exponent), 1 - alpha), alpha), initValue);
  });
}

/** Options of {@link warmupCosineDecaySchedule}. */
export interface WarmupCosineDecayScheduleOptions {
  /** Value at step 0. */
  readonly initValue: number;
  /** Value after the warm-up. */
  readonly peakValue: number;
  /** Steps of the warm-up. */
  readonly warmupSteps: number;
  /** Steps of warm-up and decay together. */
  readonly decaySteps: number;
  /** Value at the end. Default 0. */
  readonly endValue?: number;
  /** Power of the cosine. Default 1. */
  readonly exponent?: number;
}

/** A straight line up, then half a cosine down. */
export function warmupCosineDecaySchedule(options: WarmupCosineDecayScheduleOptions): Schedule {
  const { initValue, peakValue, warmupSteps, decaySteps, endValue = 0, exponent = 1 } = options;
  const alpha = peakValue === 0 ? 0 : endValue / peakValue;
  return joinSchedules(
    [
      linearSchedule({ initValue, endValue: peakValue, transitionSteps: warmupSteps }),
      cosineDecaySchedule({ initValue: peakValue, decaySteps: decaySteps - warmupSteps, alpha, exponent }),
    ],
    [warmupSteps],
  );
}

/** Several {@link warmupCosineDecaySchedule} one after the other: gradient descent with warm restarts. */
export function sgdrSchedule(cycles: readonly WarmupCosineDecayScheduleOptions[]): Schedule {
  let step = 0;
  const ends = cycles.map(({ decaySteps }) => (step += decaySteps));
  return joinSchedules(cycles.map(warmupCosineDecaySchedule), ends.slice(0, -1));
}
