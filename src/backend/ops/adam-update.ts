import { add, div, mul, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';

/** Scalar tensors that moments, which began at zero, are divided by. */
export interface AdamCorrections {
  readonly mu: Tensor;
  /** Of the gradient itself; Nesterov momentum alone uses it. */
  readonly gradient: Tensor;
  readonly nu: Tensor;
}

/** Numbers of an Adam step. */
export interface AdamAttributes {
  readonly b1: number;
  readonly b2: number;
  readonly eps: number;
  readonly epsRoot: number;
  readonly nesterov: boolean;
}

/**
 * One Adam step of one array.
 *
 * @param g the gradient; @param mu its average; @param nu the average of its square
 * @returns the update and the new averages
 */
export function adamUpdate(
  g: Tensor,
  mu: Tensor,
  nu: Tensor,
  corrections: AdamCorrections,
  { b1, b2, eps, epsRoot, nesterov }: AdamAttributes,
): [update: Tensor, mu: Tensor, nu: Tensor] {
  const nextMu = add(mul(g, 1 - b1), mul(mu, b1));
  const nextNu = add(mul(square(g), 1 - b2), mul(nu, b2));
  const corrected = div(nextMu, corrections.mu);
  const direction = nesterov ? add(mul(corrected, b1), mul(div(g, corrections.gradient), 1 - b1)) : corrected;
  const size = div(nextNu, corrections.nu);
  const update = div(direction, add(sqrt(epsRoot === 0 ? size : add(size, epsRoot)), eps));
  return [update, nextMu, nextNu];
}
