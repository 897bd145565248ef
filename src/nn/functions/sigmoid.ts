import {
  abs,
  add,
  div,
  maximum,
  minimum,
  mul,
  neg,
  sigmoid as stockSigmoid,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { floats } from './floats.js';
import { relu6 } from './relu.js';
import { softplus } from './softplus.js';

/** `1 / (1 + e⁻ˣ)`. */
export function sigmoid(x: Tensor): Tensor {
  return tidy(() => stockSigmoid(floats(x)));
}

/** `log(sigmoid(x))`, without the rounding of the two steps. */
export function logSigmoid(x: Tensor): Tensor {
  return tidy(() => neg(softplus(neg(floats(x)))));
}

/** `relu6(x + 3) / 6`. */
export function hardSigmoid(x: Tensor): Tensor {
  return tidy(() => div(relu6(add(floats(x), 3)), 6));
}

/** `(x + 1) / 2` cut to `[0, 1]`: the derivative of `sparsePlus`. */
export function sparseSigmoid(x: Tensor): Tensor {
  return tidy(() => mul(0.5, minimum(maximum(add(floats(x), 1), 0), 2)));
}

/** `x / (|x| + 1)`. */
export function softSign(x: Tensor): Tensor {
  return tidy(() => div(floats(x), add(abs(floats(x)), 1)));
}
