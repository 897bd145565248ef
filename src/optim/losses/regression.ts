import {
  abs,
  add,
  maximum,
  minimum,
  mul,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  div,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { tidyOwned } from '../../tree/owned.js';
import type { AxisOptions } from './classification.js';

/** Predictions minus targets; without targets, the predictions are the errors. */
function errorsOf(predictions: Tensor, targets: Tensor | undefined): Tensor {
  if (targets === undefined) return predictions;
  if (predictions.shape.join() !== targets.shape.join()) {
    throw new TankaError(
      'optim-argument-invalid',
      `Predictions [${predictions.shape.join(', ')}] and targets [${targets.shape.join(', ')}] must have one shape: ` +
        'broadcasting them would give a loss of another shape. Reshape one of them.',
    );
  }
  return sub(predictions, targets);
}

/** `(p - t)²`, element by element. */
export function squaredError(predictions: Tensor, targets?: Tensor): Tensor {
  return tidyOwned(() => square(errorsOf(predictions, targets)));
}

/** `(p - t)² / 2`, element by element. */
export function l2Loss(predictions: Tensor, targets?: Tensor): Tensor {
  return tidyOwned(() => mul(square(errorsOf(predictions, targets)), 0.5));
}

/** Options of {@link huberLoss}. */
export interface HuberLossOptions {
  /** Error from which on the loss is linear. Default 1. */
  readonly delta?: number;
}

/** Quadratic for small errors and linear for large ones, element by element (Huber, 1964). */
export function huberLoss(
  predictions: Tensor,
  targets?: Tensor,
  { delta = 1 }: HuberLossOptions = {},
): Tensor {
  return tidyOwned(() => {
    const magnitude = abs(errorsOf(predictions, targets));
    const quadratic = minimum(magnitude, delta);
    return add(mul(square(quadratic), 0.5), mul(sub(magnitude, quadratic), delta));
  });
}

/** `log cosh (p - t)`, element by element. */
export function logCosh(predictions: Tensor, targets?: Tensor): Tensor {
  return tidyOwned(() => {
    const errors = errorsOf(predictions, targets);
    // log(e^x + e^-x) = x + softplus(-2x), written for |x| so that nothing overflows.
    const magnitude = abs(errors);
    return sub(add(magnitude, softplus(mul(magnitude, -2))), Math.LN2);
  });
}

/** Options of {@link cosineSimilarity}. */
export interface CosineSimilarityOptions extends AxisOptions {
  /** Least squared norm. Default 0. */
  readonly epsilon?: number;
}

/** Cosine of the angle between vectors on an axis. */
export function cosineSimilarity(
  predictions: Tensor,
  targets: Tensor,
  { axis = -1, epsilon = 0 }: CosineSimilarityOptions = {},
): Tensor {
  return tidyOwned(() => {
    const unit = (x: Tensor) => div(x, sqrt(maximum(sum(square(x), axis, true), epsilon)));
    return sum(mul(unit(predictions), unit(targets)), axis);
  });
}

/** `1 -` {@link cosineSimilarity}. */
export function cosineDistance(
  predictions: Tensor,
  targets: Tensor,
  options: CosineSimilarityOptions = {},
): Tensor {
  return tidyOwned(() => sub(1, cosineSimilarity(predictions, targets, options)));
}
