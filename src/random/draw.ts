import type { Kernels } from './kernels/kernels.js';
import { SCRATCH_WORDS } from './kernels/kernels.js';
import { kernels } from './kernels/select.js';
import type { PRNGKey } from './key.js';
import { fillOriginal, type Scheme } from './schemes.js';

/** Turns the first `count` random words of the kernels' scratch into samples, in place. */
export type Transformation = (kernels: Kernels, count: number) => void;

/** `count` samples, made of one random word each. */
export function draw(
  key: PRNGKey,
  count: number,
  scheme: Scheme,
  transformation: Transformation,
): Float32Array {
  const out = new Float32Array(count);
  const k = kernels();
  const words = new Uint32Array(out.buffer);
  if (scheme === 'original') fillOriginal(words, key[0], key[1]);
  for (let start = 0; start < count; start += SCRATCH_WORDS) {
    const size = Math.min(SCRATCH_WORDS, count - start);
    if (scheme === 'original') k.words.set(words.subarray(start, start + size));
    else k.randomWords(key[0], key[1], start, size);
    transformation(k, size);
    out.set(k.floats.subarray(0, size), start);
  }
  return out;
}

/** `count` random words. */
export function drawWords(key: PRNGKey, count: number, scheme: Scheme): Uint32Array {
  const out = new Uint32Array(count);
  if (scheme === 'original') {
    fillOriginal(out, key[0], key[1]);
    return out;
  }
  const k = kernels();
  for (let start = 0; start < count; start += SCRATCH_WORDS) {
    const size = Math.min(SCRATCH_WORDS, count - start);
    k.randomWords(key[0], key[1], start, size);
    out.set(k.words.subarray(0, size), start);
  }
  return out;
}

/** `count` float32 values in `[low, high)`. */
export function drawUniform(key: PRNGKey, count: number, scheme: Scheme, low = 0, high = 1): Float32Array {
  const from = Math.fround(low);
  const span = Math.fround(Math.fround(high) - from);
  return draw(key, count, scheme, (k, size) => k.uniform(size, from, span));
}
