import {
  add,
  engine,
  erf,
  exp,
  mean,
  mul,
  reshape,
  rsqrt,
  sigmoid,
  square,
  sub,
  sum,
  type GradConfig,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { recordingGradient } from '../engine.js';
import { fromInput, outputsRule, rule, runKernel } from './rule.js';

/** `dy · gelu'(x)` in operations that have gradients themselves. */
function geluGradient(dy: Tensor, x: Tensor, approximate: boolean): Tensor {
  const squared = square(x);
  if (!approximate) {
    const density = mul(exp(mul(squared, -0.5)), 1 / Math.sqrt(2 * Math.PI));
    const below = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    return mul(dy, add(below, mul(x, density)));
  }
  // x / 2 · (1 + tanh(u)) = x · sigmoid(2 u).
  const c = 2 * Math.sqrt(2 / Math.PI);
  const s = sigmoid(mul(mul(x, c), add(mul(squared, 0.044715), 1)));
  const slope = mul(add(mul(squared, 3 * 0.044715), 1), c);
  return mul(dy, add(s, mul(mul(mul(x, s), sub(1, s)), slope)));
}

/** The gradients of a layer norm with respect to `x`, scale and offset, in such operations. */
function layerNormGradients(dy: Tensor, x: Tensor, scale: Tensor, eps: number): Record<string, () => Tensor> {
  const centred = sub(x, mean(x, -1, true));
  const inverse = rsqrt(add(mean(square(centred), -1, true), eps));
  const normal = mul(centred, inverse);
  const g = mul(dy, scale);
  const rows = (t: Tensor): Tensor => sum(reshape(t, [-1, scale.size]), 0);
  return {
    x: () => mul(inverse, sub(sub(g, mean(g, -1, true)), mul(normal, mean(mul(g, normal), -1, true)))),
    scale: () => rows(mul(dy, normal)),
    offset: () => rows(dy),
  };
}

/**
 * The kernels behind the fused operations of `backend/ops`; only the WASM backend has them. Their gradients are kernels as well, unless a
 * further derivative is being taken.
 */
export const fusedRules: readonly GradConfig[] = [
  fromInput<{ approximate: boolean }>('TankaGelu', (dy, x, { approximate }) =>
    recordingGradient()
      ? geluGradient(dy, x, approximate)
      : runKernel('TankaGeluGradient', { x, dy }, { approximate }),
  ),
  outputsRule<{ eps: number }>(
    'TankaLayerNorm',
    { inputs: ['x', 'scale'], outputs: [false, true] },
    ([dy], [x, scale, statistics], { eps }) => {
      if (recordingGradient()) return layerNormGradients(dy, x, scale, eps);
      // All three come from one run; who is not asked for is freed with the rest of the backward pass.
      const [dx, dScale, dOffset] = engine().runKernel<Tensor[]>('TankaLayerNormGradient', {
        x,
        scale,
        dy,
        statistics,
      });
      return { x: () => dx, scale: () => dScale, offset: () => dOffset };
    },
  ),
  rule('TankaLogSoftmax', { outputs: [true] }, (dy, [y]) => ({
    logits: () =>
      recordingGradient()
        ? sub(dy, mul(sum(dy, -1, true), exp(y)))
        : runKernel('TankaSoftmaxGradient', { y, dy }, { logarithm: true }),
  })),
];
