import { erfInv, fma, fround, log, log1p } from '../float32.js';
import { fillPartitionable } from '../schemes.js';
import { SCRATCH_WORDS, type Kernels } from './kernels.js';

const SQRT2 = fround(Math.SQRT2);

const buffer = new ArrayBuffer(4 * SCRATCH_WORDS);
const words = new Uint32Array(buffer);
const floats = new Float32Array(buffer);

function each(count: number, f: (x: number) => number): void {
  for (let i = 0; i < count; i++) floats[i] = f(floats[i]);
}

/** The kernels in JavaScript: the reference for the compiled ones, and what runs where WebAssembly or its SIMD is missing. */
export const javascriptKernels: Kernels = {
  words,
  floats,
  randomWords: (key0, key1, start, count) => fillPartitionable(words, key0, key1, start, count),
  uniform(count, low, span) {
    for (let i = 0; i < count; i++) {
      // 23 random bits as the mantissa of a number in [1, 2).
      words[i] = (words[i] >>> 9) | 0x3f800000;
      floats[i] = Math.max(low, fma(floats[i] - 1, span, low));
    }
  },
  normal: (count, lowest, highest) =>
    each(count, (x) => Math.min(highest, Math.max(lowest, fround(SQRT2 * erfInv(x))))),
  log: (count) => each(count, log),
  log1p: (count) => each(count, log1p),
};
