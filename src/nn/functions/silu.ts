import { mul, tanh as stockTanh, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { hardSigmoid, sigmoid } from './sigmoid.js';
import { softplus } from './softplus.js';

/** `x · sigmoid(x)`, also known as {@link swish}. */
export function silu(x: Tensor): Tensor {
  return tidy(() => mul(x, sigmoid(x)));
}

/** Another name of {@link silu}. */
export const swish = silu;

/** `x · hardSigmoid(x)`, also known as {@link hardSwish}. */
export function hardSilu(x: Tensor): Tensor {
  return tidy(() => mul(x, hardSigmoid(x)));
}

/** Another name of {@link hardSilu}. */
export const hardSwish = hardSilu;

/** `x · tanh(softplus(x))`. */
export function mish(x: Tensor): Tensor {
  return tidy(() => mul(x, stockTanh(softplus(x))));
}
