import { javascriptKernels } from './javascript.js';
import type { Kernels } from './kernels.js';

/** The fastest kernels that run here. */
export function kernels(): Kernels {
  return javascriptKernels;
}
