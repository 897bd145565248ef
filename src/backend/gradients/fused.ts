import { engine, type GradConfig, type Tensor } from '@tensorflow/tfjs-core';
import { fromInput, outputsRule, rule, runKernel } from './rule.js';

/** The kernels behind the fused operations of `backend/ops`; only the WASM backend has them. */
export const fusedRules: readonly GradConfig[] = [
  fromInput<{ approximate: boolean }>('TankaGelu', (dy, x, { approximate }) =>
    runKernel('TankaGeluGradient', { x, dy }, { approximate }),
  ),
  outputsRule(
    'TankaLayerNorm',
    { inputs: ['x', 'scale'], outputs: [false, true] },
    ([dy], [x, scale, statistics]) => {
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
    logits: () => runKernel('TankaSoftmaxGradient', { y, dy }, { logarithm: true }),
  })),
];
