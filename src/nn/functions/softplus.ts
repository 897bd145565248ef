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

/** `log(1 + eˣ)`. */
export function softplus(x: Tensor): Tensor {
  return stockSoftplus(x);
}

/** `0` up to -1, `x` from 1 on, `(x + 1)² / 4` between them: a {@link softplus} that reaches 0. */
export function sparsePlus(x: Tensor): Tensor {
  return tidy(() => {
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
export function squareplus(x: Tensor, { b = 4 }: SquareplusOptions = {}): Tensor {
  return tidy(() => div(add(x, sqrt(add(square(x), b))), 2));
}
