import { add, mean, mul, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';

/**
 * `(x − mean) / √(variance + eps) · scale + offset` over the last axis.
 *
 * One pass over memory on WASM, and one for all three gradients.
 *
 * @param x float32 `[..., n]`
 * @param scale float32 `[n]`
 * @param offset float32 `[n]`
 */
export function layerNorm(x: Tensor, scale: Tensor, offset: Tensor, eps: number): Tensor {
  if (hasFused('TankaLayerNorm')) {
    const [y, statistics] = runFused<Tensor[]>('TankaLayerNorm', { x, scale, offset }, { eps });
    // While gradients are recorded the tape holds its own handle on them.
    statistics.dispose();
    return y;
  }
  const centred = sub(x, mean(x, -1, true));
  const variance = mean(square(centred), -1, true);
  return add(mul(mul(scale, rsqrt(add(variance, eps))), centred), offset);
}
