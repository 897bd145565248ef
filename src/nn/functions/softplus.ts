import {
  add,
  div,
  greaterEqual,
  lessEqual,
  softplus as stockSoftplus,
  sqrt,
  square,
  where,
  zerosLike,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkOptions } from '../option-checks.js';
import { floats } from './floats.js';

/** `log(1 + eˣ)`. */
export function softplus(x: Tensor): Tensor {
  return tidy(() => stockSoftplus(floats(x)));
}

/** `0` up to -1, `x` from 1 on, `(x + 1)² / 4` between them: a {@link softplus} that reaches 0. */
export function sparsePlus(x: Tensor): Tensor {
  return tidy(() => {
    x = floats(x);
    const middle = div(square(add(x, 1)), 4);
    return where(lessEqual(x, -1), zerosLike(x), where(greaterEqual(x, 1), x, middle));
  });
}

/** Options of {@link squareplus}. */
export interface SquareplusOptions {
  /** Smoothness. Default `4`. */
  readonly b?: number | Tensor;
}

/** `(x + √(x² + b)) / 2` (Barron, "Squareplus", 2021). */
export function squareplus(x: Tensor, options: SquareplusOptions = {}): Tensor {
  return tidy(() => {
    const { b = 4 } = checkOptions('hk.nn.squareplus', options);
    x = floats(x);
    return div(add(x, sqrt(add(square(x), b))), 2);
  });
}
