import type { KernelConfig } from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import { kernel } from '../kernel.js';

/** The backend has no complex numbers: it says so instead of "kernel not registered". */
export const refusedKernels: readonly KernelConfig[] = [
  'Complex',
  'ComplexAbs',
  'FFT',
  'IFFT',
  'Imag',
  'Real',
].map((name) =>
  kernel(name, () => {
    throw new TankaError(
      'wasm-kernel-unsupported',
      `${name}: the WASM backend has no complex numbers. Keep real and imaginary part in two tensors, or ` +
        "compute this part on the CPU backend (`tf.setBackend('cpu')`).",
    );
  }),
);
