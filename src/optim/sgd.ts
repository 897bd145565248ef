import { sign, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { chain } from './chain.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { ema, trace, type TraceState } from './trace.js';
import { identity, stateless, type EmptyState, type GradientTransformation } from './transformation.js';

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Decay of the momentum. Default: no momentum. */
  readonly momentum?: number;
  /** Nesterov momentum. Default `false`. */
  readonly nesterov?: boolean;
}

/** Gradient descent, with momentum if asked for (Sutskever et al., 2013). */
export function sgd(learningRate: LearningRate, { momentum, nesterov = false }: SgdOptions = {}) {
  return chain(
    (momentum === undefined ? identity() : trace(momentum, { nesterov })) as GradientTransformation<
      EmptyState | TraceState
    >,
    scaleByLearningRate(learningRate),
  );
}

/** The signs of gradients. */
export function scaleBySign(): GradientTransformation<EmptyState> {
  return stateless((updates) => mapUpdates((g: Tensor) => sign(g), updates));
}

/** Gradient descent on signs (Bernstein et al., 2018). */
export function signSgd(learningRate: LearningRate) {
  return chain(scaleBySign(), scaleByLearningRate(learningRate));
}

/** Signs of the moving average of gradients (Bernstein et al., 2018). */
export function signum(learningRate: LearningRate, { beta = 0.9 }: { readonly beta?: number } = {}) {
  return chain(ema(beta, { debias: false }), scaleBySign(), scaleByLearningRate(learningRate));
}
