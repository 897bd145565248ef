import type { PaddingPair } from '../backend/ops/window.js';
import { TankaError } from '../errors/tanka-error.js';
import { replicate } from './replicate.js';

/** Padding before and after a dimension, from the extent of the window there (with its holes when dilated). */
export type PadFn = (effectiveKernelSize: number) => PaddingPair;

/** No padding. */
export function valid(_effectiveKernelSize: number): PaddingPair {
  return [0, 0];
}

/** As many outputs as inputs at stride 1. */
export function same(effectiveKernelSize: number): PaddingPair {
  return [Math.floor((effectiveKernelSize - 1) / 2), Math.floor(effectiveKernelSize / 2)];
}

/** Every window that sees at least one input. */
export function full(effectiveKernelSize: number): PaddingPair {
  return [effectiveKernelSize - 1, effectiveKernelSize - 1];
}

/** Outputs see no later inputs. */
export function causal(effectiveKernelSize: number): PaddingPair {
  return [effectiveKernelSize - 1, 0];
}

/** Outputs see no earlier inputs. */
export function reverseCausal(effectiveKernelSize: number): PaddingPair {
  return [0, effectiveKernelSize - 1];
}

/**
 * The padding of `n` dimensions by a function, or by one for each of them.
 *
 * @throws `layer-options` for arrays of other lengths than 1 and `n`
 */
export function createFromPadfn(
  padding: PadFn | readonly PadFn[],
  kernel: number | readonly number[],
  rate: number | readonly number[],
  n: number,
): PaddingPair[] {
  const kernels = replicate('hk.pad.createFromPadfn', kernel, n, 'kernel size');
  const rates = replicate('hk.pad.createFromPadfn', rate, n, 'rate');
  const functions = replicate('hk.pad.createFromPadfn', padding, n, 'padding function');
  return functions.map((f, i) => f((kernels[i] - 1) * rates[i] + 1));
}

export { createFromPadfn as create };

function isPair(padding: unknown): padding is PaddingPair {
  return Array.isArray(padding) && padding.length === 2 && padding.every((cells) => Number.isInteger(cells));
}

/**
 * The padding of `n` dimensions by a pair, or by one for each of them.
 *
 * @throws `layer-options` for anything else
 */
export function createFromTuple(padding: PaddingPair | readonly PaddingPair[], n: number): PaddingPair[] {
  if (isPair(padding)) return Array.from({ length: n }, () => padding);
  const pairs = padding;
  if (Array.isArray(pairs) && pairs.every(isPair)) {
    if (pairs.length === 1) return Array.from({ length: n }, () => pairs[0]);
    if (pairs.length === n) return [...pairs];
  }
  throw new TankaError(
    'layer-options',
    `A padding must be whole numbers [before, after], or such a pair for each of the ${n} dimensions, but got ${JSON.stringify(padding)}.`,
  );
}

/** True for a padding function and for an array that starts with one. */
export function isPadfn(padding: unknown): padding is PadFn | readonly PadFn[] {
  return typeof (Array.isArray(padding) ? (padding as unknown[])[0] : padding) === 'function';
}
