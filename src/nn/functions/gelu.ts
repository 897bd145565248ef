import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { gelu as fusedGelu } from '../../backend/ops/gelu.js';
import { checkOptions } from '../option-checks.js';
import { floats } from './floats.js';

/** Options of {@link gelu}. */
export interface GeluOptions {
  /** Takes the tanh approximation. Default `true`. */
  readonly approximate?: boolean;
}

/**
 * Gaussian error linear unit: `x · Φ(x)`, `Φ` the distribution function of the normal distribution
 * (Hendrycks and Gimpel, "Gaussian error linear units", 2016).
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = true } = checkOptions('hk.nn.gelu', options);
  return tidy(() => fusedGelu(floats(x), approximate));
}
