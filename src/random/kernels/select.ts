import { compiledKernels } from './compiled.js';
import { javascriptKernels } from './javascript.js';
import type { Kernels } from './kernels.js';

let chosen: Kernels | undefined;

/** The fastest kernels that run here: compiled ones, at the first use, or else those in JavaScript. */
export function kernels(): Kernels {
  return (chosen ??= compiledKernels() ?? javascriptKernels);
}

/** Runs `f` on the given kernels: how tests compare them. */
export function withKernels<R>(given: Kernels, f: () => R): R {
  const before = chosen;
  chosen = given;
  try {
    return f();
  } finally {
    chosen = before;
  }
}
