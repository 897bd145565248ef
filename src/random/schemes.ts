import { threefry2x32 } from './threefry.js';
import type { PRNGKey } from './key.js';

/** How a key becomes many words: `partitionable` since JAX 0.5, `original` before (`jax_threefry_partitionable=False`). */
export type Scheme = 'partitionable' | 'original';

/** The hash of a 32-bit number under a key, as a new key. The same in both schemes. */
export function hashed(key: PRNGKey, data: number): PRNGKey {
  const out = new Uint32Array(2);
  threefry2x32(key[0], key[1], 0, data, out, 0);
  return out;
}

/** `count` keys derived from one. */
export function derived(key: PRNGKey, count: number, scheme: Scheme): PRNGKey[] {
  const words = new Uint32Array(2 * count);
  fillKeys(words, key[0], key[1], scheme);
  return Array.from({ length: count }, (_, i) => words.slice(2 * i, 2 * i + 2));
}

/** Fills `out` with the words of as many derived keys as fit, for loops that must not make an object a key. */
export function fillKeys(out: Uint32Array, key0: number, key1: number, scheme: Scheme): void {
  if (scheme === 'original') fillOriginal(out, key0, key1);
  else for (let i = 0; i < out.length; i += 2) threefry2x32(key0, key1, 0, i >> 1, out, i);
}

const pair = new Uint32Array(2);

/** The one word of a sample of one element. */
export function singleWord(key0: number, key1: number, scheme: Scheme): number {
  threefry2x32(key0, key1, 0, 0, pair, 0);
  return scheme === 'partitionable' ? (pair[0] ^ pair[1]) >>> 0 : pair[0];
}

/** Words `start` to `start + count` of the endless row that the key stands for: word `i` depends on the key and `i` alone. */
export function fillPartitionable(
  out: Uint32Array,
  key0: number,
  key1: number,
  start: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    threefry2x32(key0, key1, 0, start + i, pair, 0);
    out[i] = pair[0] ^ pair[1];
  }
}

type Fill = (out: Uint32Array, key0: number, key1: number) => void;

let original: Fill | undefined;

/** Lets settings choose the scheme `original`: who changes none does not load it. */
export function allowOriginal(): void {
  original = fillHalves;
}

/** Fills `out` in the scheme `original`. */
export function fillOriginal(out: Uint32Array, key0: number, key1: number): void {
  (original as Fill)(out, key0, key1);
}

/** The counters 0, 1, … are cut into two halves that are hashed pairwise; an odd number of them is padded with a zero. */
function fillHalves(out: Uint32Array, key0: number, key1: number): void {
  const half = Math.ceil(out.length / 2);
  for (let i = 0; i < half; i++) {
    const j = half + i;
    threefry2x32(key0, key1, i, j < out.length ? j : 0, pair, 0);
    out[i] = pair[0];
    if (j < out.length) out[j] = pair[1];
  }
}
