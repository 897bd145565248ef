import { checkArgument } from '../transformation.js';
import { schedule, type Arithmetic, type Schedule } from './schedule.js';

/** Options of {@link piecewiseConstantSchedule}. */
export interface PiecewiseConstantScheduleOptions {
  /** Value at step 0. */
  readonly initValue: number;
  /** By the step at which it happens, the factor that the value is multiplied by. */
  readonly boundariesAndScales?: Readonly<Record<number, number>>;
}

/** Options of {@link piecewiseInterpolateSchedule}. */
export interface PiecewiseInterpolateScheduleOptions extends PiecewiseConstantScheduleOptions {
  /** How values between two boundaries follow from those at them. */
  readonly interpolateType: 'linear' | 'cosine';
}

function sortedScales(scales: Readonly<Record<number, number>>): [boundary: number, scale: number][] {
  const pairs = Object.entries(scales).map(([boundary, scale]): [number, number] => [
    Number(boundary),
    scale,
  ]);
  for (const [, factor] of pairs) checkArgument(factor >= 0, 'A scale', 'not negative', factor);
  return pairs.sort(([a], [b]) => a - b);
}

/** Constant between boundaries; at each, the value is multiplied by its scale. */
export function piecewiseConstantSchedule(options: PiecewiseConstantScheduleOptions): Schedule {
  const { initValue, boundariesAndScales = {} } = options;
  const pairs = sortedScales(boundariesAndScales);
  return schedule((math, count) =>
    pairs.reduce(
      (value, [boundary, factor]) => math.from(count, boundary, math.mul(value, factor), value),
      math.constant(initValue),
    ),
  );
}

/** As {@link piecewiseConstantSchedule}, with the values between two boundaries interpolated. */
export function piecewiseInterpolateSchedule(options: PiecewiseInterpolateScheduleOptions): Schedule {
  const { interpolateType, initValue, boundariesAndScales = {} } = options;
  const knots: [number, number][] = [[0, initValue]];
  let value = initValue;
  for (const [boundary, factor] of sortedScales(boundariesAndScales)) {
    value *= factor;
    knots.push([boundary, value]);
  }
  return schedule(<T>(math: Arithmetic<T>, count: T): T => {
    const between = ([start, from]: [number, number], [end, to]: [number, number]): T => {
      const part = math.div(math.sub(count, start), Math.max(end - start, 1));
      return interpolateType === 'linear'
        ? math.add(math.mul(part, to - from), from)
        : math.add(math.mul(math.add(math.cos(math.mul(part, Math.PI)), 1), (from - to) / 2), to);
    };
    return knots.reduce(
      (before, knot, i) =>
        math.from(
          count,
          knot[0],
          i + 1 < knots.length ? between(knot, knots[i + 1]) : math.constant(value),
          before,
        ),
      math.constant(0),
    );
  });
}

/** Options of {@link cosineOnecycleSchedule}. */
export interface CosineOnecycleScheduleOptions {
  /** Steps of the whole cycle, above 0. */
  readonly transitionSteps: number;
  /** Largest value. */
  readonly peakValue: number;
  /** Part of the steps in which the value rises. Default 0.3. */
  readonly pctStart?: number;
  /** The value begins at `peakValue / divFactor`. Default 25. */
  readonly divFactor?: number;
  /** The value ends at its first value divided by this. Default 1e4. */
  readonly finalDivFactor?: number;
}

/** Options of {@link linearOnecycleSchedule}. */
export interface LinearOnecycleScheduleOptions extends CosineOnecycleScheduleOptions {
  /** Part of the steps at which the value is back at its first. Default 0.85. */
  readonly pctFinal?: number;
}

/** Up, down and further down in cosines (Smith and Topin, 2018). */
export function cosineOnecycleSchedule(options: CosineOnecycleScheduleOptions): Schedule {
  const { transitionSteps, peakValue, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  checkArgument(transitionSteps > 0, 'transitionSteps', 'above 0', transitionSteps);
  return piecewiseInterpolateSchedule({
    interpolateType: 'cosine',
    initValue: peakValue / divFactor,
    boundariesAndScales: {
      [Math.trunc(pctStart * transitionSteps)]: divFactor,
      [Math.trunc(transitionSteps)]: 1 / (divFactor * finalDivFactor),
    },
  });
}

/** Up, down and further down in straight lines (Smith and Topin, 2018). */
export function linearOnecycleSchedule(options: LinearOnecycleScheduleOptions): Schedule {
  const {
    transitionSteps,
    peakValue,
    pctStart = 0.3,
    pctFinal = 0.85,
    divFactor = 25,
    finalDivFactor = 1e4,
  } = options;
  checkArgument(transitionSteps > 0, 'transitionSteps', 'above 0', transitionSteps);
  return piecewiseInterpolateSchedule({
    interpolateType: 'linear',
    initValue: peakValue / divFactor,
    boundariesAndScales: {
      [Math.trunc(pctStart * transitionSteps)]: divFactor,
      [Math.trunc(pctFinal * transitionSteps)]: 1 / divFactor,
      [transitionSteps]: 1 / finalDivFactor,
    },
  });
}
