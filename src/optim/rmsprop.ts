import { add, div, mul, rsqrt, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { chain } from './chain.js';
import {
  biasCorrection,
  fullTree,
  increment,
  updateMoment,
  updateSquareMoment,
  zeroCount,
  zerosTree,
} from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { trace, type TraceState } from './trace.js';
import {
  identity,
  transformation,
  type EmptyState,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** Moving average of squares; the steps done when biases are corrected. */
export type ScaleByRmsState = { readonly count?: Tensor; readonly nu: Updates };

/** {@link ScaleByRmsState} with the moving average of gradients. */
export type ScaleByStddevState = ScaleByRmsState & { readonly mu: Updates };

/** Options of {@link scaleByRms} and {@link scaleByStddev}. */
export interface ScaleByRmsOptions {
  /** Decay of the averages. Default 0.9. */
  readonly decay?: number;
  /** Keeps the divisor from zero. Default 1e-8. */
  readonly eps?: number;
  /** Where the average of squares begins. Default 0. */
  readonly initialScale?: number;
  /** Adds `eps` below the root instead of to it. Default `true`. */
  readonly epsInSqrt?: boolean;
  /** Divides averages by their bias. Default `false`. */
  readonly biasCorrection?: boolean;
}

function inverseRoot(x: Tensor, eps: number, epsInSqrt: boolean): Tensor {
  return epsInSqrt ? rsqrt(add(x, eps)) : div(1, add(sqrt(x), eps));
}

/** Divides gradients by the root of the moving average of their squares. */
export function scaleByRms(options: ScaleByRmsOptions = {}): GradientTransformation<ScaleByRmsState> {
  const {
    decay = 0.9,
    eps = 1e-8,
    initialScale = 0,
    epsInSqrt = true,
    biasCorrection: corrects = false,
  } = options;
  return transformation<ScaleByRmsState>(
    (params) => ({ ...(corrects ? { count: zeroCount() } : {}), nu: fullTree(params, initialScale) }),
    (updates, state) => {
      const nu = mapUpdates((g: Tensor, v: Tensor) => updateSquareMoment(g, v, decay), updates, state.nu);
      const count = state.count && increment(state.count);
      const divisor = count ? biasCorrection(decay, count) : undefined;
      const scaled = mapUpdates(
        (g: Tensor, v: Tensor) => mul(inverseRoot(divisor ? div(v, divisor) : v, eps, epsInSqrt), g),
        updates,
        nu,
      );
      return [scaled, { ...(count ? { count } : {}), nu }];
    },
  );
}

/** Divides gradients by the root of the moving average of their squared distance from their average. */
export function scaleByStddev(options: ScaleByRmsOptions = {}): GradientTransformation<ScaleByStddevState> {
  const {
    decay = 0.9,
    eps = 1e-8,
    initialScale = 0,
    epsInSqrt = true,
    biasCorrection: corrects = false,
  } = options;
  return transformation<ScaleByStddevState>(
    (params) => ({
      ...(corrects ? { count: zeroCount() } : {}),
      mu: zerosTree(params),
      nu: fullTree(params, initialScale),
    }),
    (updates, state) => {
      const mu = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, decay), updates, state.mu);
      const nu = mapUpdates((g: Tensor, v: Tensor) => updateSquareMoment(g, v, decay), updates, state.nu);
      const count = state.count && increment(state.count);
      const divisor = count ? biasCorrection(decay, count) : undefined;
      const corrected = (moment: Tensor) => (divisor ? div(moment, divisor) : moment);
      const scaled = mapUpdates(
        (g: Tensor, m: Tensor, v: Tensor) =>
          mul(inverseRoot(sub(corrected(v), square(corrected(m))), eps, epsInSqrt), g),
        updates,
        mu,
        nu,
      );
      return [scaled, { ...(count ? { count } : {}), mu, nu }];
    },
  );
}

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends ScaleByRmsOptions {
  /** Divides by the deviation from the average instead of the magnitude. Default `false`. */
  readonly centered?: boolean;
  /** Decay of the momentum. Default: no momentum. */
  readonly momentum?: number;
  /** Nesterov momentum. Default `false`. */
  readonly nesterov?: boolean;
}

/** RMSProp (Tieleman and Hinton, 2012; Graves, 2013, when `centered`). */
export function rmsprop(learningRate: LearningRate, options: RmspropOptions = {}) {
  const { centered = false, momentum, nesterov = false, ...rest } = options;
  return chain(
    (centered ? scaleByStddev(rest) : scaleByRms(rest)) as GradientTransformation<
      ScaleByRmsState | ScaleByStddevState
    >,
    scaleByLearningRate(learningRate),
    (momentum === undefined ? identity() : trace(momentum, { nesterov })) as GradientTransformation<
      EmptyState | TraceState
    >,
  );
}
