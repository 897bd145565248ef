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
  if (scheme === 'partitionable') return Array.from({ length: count }, (_, i) => hashed(key, i));
  const words = new Uint32Array(2 * count);
  fillOriginal(words, key);
  return Array.from({ length: count }, (_, i) => words.slice(2 * i, 2 * i + 2));
}

/** Fills `out` with random words. */
export function fillWords(out: Uint32Array, key: PRNGKey, scheme: Scheme): void {
  if (scheme === 'partitionable') fillPartitionable(out, 0, out.length, key);
  else fillOriginal(out, key);
}

const pair = new Uint32Array(2);

/** Words `start` to `start + count` of the endless row that the key stands for: word `i` depends on the key and `i` alone. */
export function fillPartitionable(out: Uint32Array, start: number, count: number, key: PRNGKey): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  for (let i = 0; i < count; i++) {
    threefry2x32(k0, k1, 0, start + i, pair, 0);
    out[i] = pair[0] ^ pair[1];
  }
}

/** The counters 0, 1, … are cut into two halves that are hashed pairwise; an odd number of them is padded with a zero. */
function fillOriginal(out: Uint32Array, key: PRNGKey): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const half = Math.ceil(out.length / 2);
  for (let i = 0; i < half; i++) {
    const j = half + i;
    threefry2x32(k0, k1, i, j < out.length ? j : 0, pair, 0);
    out[i] = pair[0];
    if (j < out.length) out[j] = pair[1];
  }
}
