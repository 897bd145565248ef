import {
  greaterEqual,
  mul,
  relu as stockRelu,
  scalar,
  where,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkOptions } from '../option-checks.js';
import { floats } from './floats.js';

/** `max(x, 0)`; the derivative at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return stockRelu(x);
}

/** `min(max(x, 0), 6)`; the derivative at 0 and at 6 is 0. */
export function relu6(x: Tensor): Tensor {
  return tidy(() => {
    x = floats(x);
    // The stock operation has the derivative 1 at 6.
    return where(greaterEqual(x, 6), scalar(6), stockRelu(x));
  });
}

/** Options of {@link leakyRelu}. */
export interface LeakyReluOptions {
  /** Slope below 0. Default `0.01`. */
  readonly negativeSlope?: number | Tensor;
}

/** `x` from 0 up, `negativeSlope · x` below; the derivative at 0 is 1. */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  return tidy(() => {
    const { negativeSlope = 0.01 } = checkOptions('hk.nn.leakyRelu', options);
    x = floats(x);
    return where(greaterEqual(x, 0), x, mul(x, negativeSlope));
  });
}
