import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { add, mul, neg, reshape, rsqrt, sub } from '@tensorflow/tfjs-core';
import { unbroadcast } from './broadcasting.js';
import { rule, runKernel } from './rule.js';

/** Normalization by given statistics, and local response normalization. */
export const normalizationRules: readonly GradConfig[] = [
  rule<{ varianceEpsilon: number }>(
    'FusedBatchNorm',
    { inputs: ['x', 'mean', 'variance', 'scale'] },
    (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
      const inverse = (): Tensor => rsqrt(add(variance, varianceEpsilon));
      const scaled = (): Tensor => mul(dy, scale);
      const over = (t: Tensor): Tensor => unbroadcast(t, mean.shape);
      return {
        x: () => reshape(mul(scaled(), inverse()), x.shape),
        mean: () => neg(over(mul(scaled(), inverse()))),
        variance: () => {
          const cube = mul(inverse(), mul(inverse(), inverse()));
          return mul(over(mul(scaled(), sub(x, mean))), mul(cube, -0.5));
        },
        scale: () => mul(over(mul(dy, sub(x, mean))), inverse()),
        offset: () => over(dy),
      };
    },
  ),
  rule<Record<string, unknown>>('LRN', { inputs: ['x'], outputs: [true] }, (dy, [x, y], attributes) => ({
    x: () => runKernel('LRNGrad', { x, y, dy }, attributes),
  })),
];
