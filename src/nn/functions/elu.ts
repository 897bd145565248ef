import {
  add,
  div,
  expm1,
  greater,
  maximum,
  minimum,
  mul,
  where,
  zerosLike,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkOptions } from '../option-checks.js';
import { floats } from './floats.js';

/** Options of {@link elu} and {@link celu}. */
export interface EluOptions {
  /** Default `1`. */
  readonly alpha?: number | Tensor;
}

/** Exponential linear unit: `x` above 0, `alpha · (eˣ - 1)` elsewhere. */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  return tidy(() => {
    const { alpha = 1 } = checkOptions('hk.nn.elu', options);
    x = floats(x);
    const positive = greater(x, 0);
    // Where x is large the unused branch must stay finite, or its gradient would be 0 · ∞.
    return where(positive, x, mul(alpha, expm1(where(positive, zerosLike(x), x))));
  });
}

/** Continuously differentiable {@link elu}: `x` above 0, `alpha · (exp(x / alpha) - 1)` elsewhere. */
export function celu(x: Tensor, options: EluOptions = {}): Tensor {
  return tidy(() => {
    const { alpha = 1 } = checkOptions('hk.nn.celu', options);
    x = floats(x);
    return add(maximum(x, 0), mul(alpha, expm1(div(minimum(x, 0), alpha))));
  });
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** Scaled {@link elu}, whose outputs keep mean 0 and variance 1 (Klambauer et al., "Self-normalizing neural networks", 2017). */
export function selu(x: Tensor): Tensor {
  return tidy(() => mul(SELU_SCALE, elu(x, { alpha: SELU_ALPHA })));
}
