/**
 * The inner loops of the samplers on a scratch of {@link SCRATCH_WORDS} words: `words` and `floats` are two views of it, and every function
 * works on its first `count` elements in place. Whatever the implementation, the bits are the same.
 */
export interface Kernels {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  /** Random words `start` to `start + count` of the key, partitionable scheme. */
  randomWords(key0: number, key1: number, start: number, count: number): void;
  /** Words → floats in `[low, low + span)`: `max(low, u · span + low)` with one rounding. */
  uniform(count: number, low: number, span: number): void;
  /** Floats in (-1, 1) → the normal quantile `√2 · erfInv(x)`, held between `lowest` and `highest`. */
  normal(count: number, lowest: number, highest: number): void;
  /** Floats → `log(x)`. */
  log(count: number): void;
  /** Floats → `log(1 + x)`. */
  log1p(count: number): void;
}

/** 16 KiB: stays in the first-level cache between two passes. */
export const SCRATCH_WORDS = 4096;
