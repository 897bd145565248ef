import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamAttributes, AdamInputs } from '../../ops/adam-update.js';
import { address, makeOutput, raw } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';

/** An Adam step of one array in one pass over it; on other backends `ops/adam-update.ts` composes it. */
export const adamKernels: readonly KernelConfig[] = [
  kernel<AdamInputs<TensorInfo>, AdamAttributes>('TankaAdam', ({ inputs, attrs }) => {
    const { g, mu, nu, muCorrection, gradientCorrection, nuCorrection } = inputs;
    const { b1, b2, eps, epsRoot, nesterov, scale } = attrs;
    requireFloat('TankaAdam', g, mu, nu, muCorrection, gradientCorrection, nuCorrection);
    const outputs = [makeOutput(g.shape), makeOutput(g.shape), makeOutput(g.shape)];
    const [update, nextMu, nextNu] = outputs.map(address);
    raw().scaleByAdam(
      util.sizeFromShape([...g.shape]),
      address(g),
      address(mu),
      address(nu),
      address(muCorrection),
      address(gradientCorrection),
      address(nuCorrection),
      b1,
      1 - b1,
      b2,
      1 - b2,
      eps,
      epsRoot,
      nesterov ? 1 : 0,
      scale,
      update,
      nextMu,
      nextNu,
    );
    return outputs;
  }),
];
