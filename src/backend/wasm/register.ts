/**
 * The kernels that `useWasm` adds to the backend or puts in the place of its own.
 *
 * To add a family:
 * 1. Write its loops in `assembly/FAMILY.ts` and re-export that file in `assembly/index.ts`. Functions take pointers and
 *    counts, allocate nothing, have no static data; `node tools/build.mjs generated` builds both binaries.
 * 2. Add the exports to `RawKernels` in `exports.ts`.
 * 3. Write `kernels/FAMILY.ts`: `export const familyKernels: readonly KernelConfig[]`, made by `kernel(name, function)`
 *    of `kernel.ts`. A kernel gets its memory from `heap.ts`: `makeOutput`, `address`, `withScratch`, and calls `raw()`.
 *    What needs no loop of its own may be composed of other kernels (`runKernel` of `kernel.ts`).
 *    A stock kernel that is right but for what it does with bad input gets a guard in `guards.ts`.
 * 4. Join the list below, and describe the kernels in `docs/wasm.md` with the reason and the case that shows it.
 */
import { getKernel, registerKernel, unregisterKernel, type KernelConfig } from '@tensorflow/tfjs-core';
import { guard, guardedNames } from './guards.js';
import { adamKernels } from './kernels/adam.js';
import { binaryKernels } from './kernels/binary.js';
import { conv2dKernels } from './kernels/conv2d.js';
import { conv3dKernels } from './kernels/conv3d.js';
import { depthwiseKernels } from './kernels/depthwise.js';
import { dilationKernels } from './kernels/dilation.js';
import { einsumKernels } from './kernels/einsum.js';
import { matMulKernels } from './kernels/matmul.js';
import { normalizationKernels } from './kernels/normalization.js';
import { placeKernels } from './kernels/place.js';
import { poolKernels } from './kernels/pool.js';
import { reduceKernels } from './kernels/reduce.js';
import { refusedKernels } from './kernels/refused.js';
import { rotateKernels } from './kernels/rotate.js';
import { unaryKernels } from './kernels/unary.js';

const families: readonly (readonly KernelConfig[])[] = [
  adamKernels,
  binaryKernels,
  conv2dKernels,
  conv3dKernels,
  depthwiseKernels,
  dilationKernels,
  einsumKernels,
  matMulKernels,
  normalizationKernels,
  placeKernels,
  poolKernels,
  reduceKernels,
  refusedKernels,
  rotateKernels,
  unaryKernels,
];

/** What the stock backend had under each of our names, to be put back by {@link restoreStockKernels}. */
const stock = new Map<string, KernelConfig | undefined>();

/** Registers all families. Returns the sorted names. */
export function registerKernels(): string[] {
  for (const config of families.flat()) exchange(config);
  for (const name of guardedNames) exchange(guard(getKernel(name, 'wasm')));
  return [...stock.keys()].sort();
}

function exchange(config: KernelConfig): void {
  const { kernelName } = config;
  const existing = getKernel(kernelName, 'wasm');
  if (existing === config) return;
  if (!stock.has(kernelName)) stock.set(kernelName, existing);
  // Unregistered first: registering over a kernel warns.
  if (existing !== undefined) unregisterKernel(kernelName, 'wasm');
  registerKernel(config);
}

/** Puts the stock kernels back. */
export function restoreStockKernels(): void {
  for (const [name, config] of stock) {
    unregisterKernel(name, 'wasm');
    if (config !== undefined) registerKernel(config);
  }
  stock.clear();
}

/** The kernel that the stock backend has under a name that may be ours by now: for comparisons. */
export function stockKernel(name: string): KernelConfig | undefined {
  return stock.has(name) ? stock.get(name) : getKernel(name, 'wasm');
}
