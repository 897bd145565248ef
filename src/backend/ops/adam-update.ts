import {
  add,
  div,
  engine,
  getBackend,
  getKernel,
  mul,
  sqrt,
  square,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { recordingGradient } from '../engine.js';

const NAME = 'TankaAdam';

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
  /** Factor of the update. */
  readonly scale: number;
}

/** What the fused kernel takes: {@link AdamCorrections} flattened beside the three arrays. */
export interface AdamInputs<T> {
  readonly g: T;
  readonly mu: T;
  readonly nu: T;
  readonly muCorrection: T;
  readonly gradientCorrection: T;
  readonly nuCorrection: T;
}

/**
 * One Adam step of one array: in one pass where the backend has the fused kernel and no gradient is recorded, else composed.
 *
 * @param g the gradient; @param mu its average; @param nu the average of its square
 * @returns the update and the new averages
 */
export function adamUpdate(
  g: Tensor,
  mu: Tensor,
  nu: Tensor,
  corrections: AdamCorrections,
  attributes: AdamAttributes,
): [update: Tensor, mu: Tensor, nu: Tensor] {
  const sameShape = g.shape.join() === mu.shape.join() && g.shape.join() === nu.shape.join();
  if (recordingGradient() || !sameShape || getKernel(NAME, getBackend()) === undefined) {
    return composed(g, mu, nu, corrections, attributes);
  }
  const inputs: AdamInputs<Tensor> = {
    g,
    mu,
    nu,
    muCorrection: corrections.mu,
    gradientCorrection: corrections.gradient,
    nuCorrection: corrections.nu,
  };
  return engine().runKernel(NAME, inputs as unknown as NamedTensorMap, attributes as unknown as NamedAttrMap);
}

function composed(
  g: Tensor,
  mu: Tensor,
  nu: Tensor,
  corrections: AdamCorrections,
  { b1, b2, eps, epsRoot, nesterov, scale }: AdamAttributes,
): [update: Tensor, mu: Tensor, nu: Tensor] {
  const nextMu = add(mul(g, 1 - b1), mul(mu, b1));
  const nextNu = add(mul(square(g), 1 - b2), mul(nu, b2));
  const corrected = div(nextMu, corrections.mu);
  const direction = nesterov ? add(mul(corrected, b1), mul(div(g, corrections.gradient), 1 - b1)) : corrected;
  const size = div(nextNu, corrections.nu);
  const update = div(direction, add(sqrt(epsRoot === 0 ? size : add(size, epsRoot)), eps));
  return [scale === 1 ? update : mul(update, scale), nextMu, nextNu];
}
