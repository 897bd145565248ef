import { add, erf, mul, tanh, type Tensor } from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';

/**
 * Gaussian error linear unit, float32 of any shape: `x · Φ(x)`, or with `approximate` its tanh form
 * `x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`. One kernel on WASM, and one for the gradient.
 */
export function gelu(x: Tensor, approximate: boolean): Tensor {
  if (hasFused('TankaGelu') && x.dtype === 'float32') return runFused('TankaGelu', { x }, { approximate });
  if (!approximate) return mul(mul(0.5, x), add(1, erf(mul(x, Math.SQRT1_2))));
  const inner = mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, mul(x, mul(x, x)))));
  return mul(x, mul(0.5, add(1, tanh(inner))));
}
