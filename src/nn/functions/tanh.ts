import {
  greater,
  less,
  onesLike,
  neg,
  tanh as stockTanh,
  where,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { floats } from './floats.js';

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return tidy(() => stockTanh(floats(x)));
}

/** `x` cut to `[-1, 1]`; the derivative at both ends is 1. */
export function hardTanh(x: Tensor): Tensor {
  return tidy(() => {
    const one = onesLike(x);
    return where(greater(x, one), one, where(less(x, neg(one)), neg(one), x));
  });
}

/** `x` itself. */
export function identity(x: Tensor): Tensor {
  return x;
}
