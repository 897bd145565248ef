import { add, erf, mul, tanh, tidy, type Tensor } from '@tensorflow/tfjs-core';

/** Options of {@link gelu}. */
export interface GeluOptions {
  /** Takes the tanh approximation. Default `true`. */
  readonly approximate?: boolean;
}

/**
 * Gaussian error linear unit: `x · Φ(x)`, `Φ` the distribution function of the normal distribution
 * (Hendrycks and Gimpel, "Gaussian error linear units", 2016).
 */
export function gelu(x: Tensor, { approximate = true }: GeluOptions = {}): Tensor {
  return tidy(() => {
    if (approximate) {
      const inner = mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, mul(x, mul(x, x)))));
      return mul(x, mul(0.5, add(1, tanh(inner))));
    }
    return mul(mul(0.5, x), add(1, erf(mul(x, Math.SQRT1_2))));
  });
}
