import { memory } from '@tensorflow/tfjs-core';
import { TankaError } from '../../src/index.js';
import { loadNpy, loadNpz, loadSafetensors } from '../../src/checkpoint/index.js';
import { dispose } from '../../src/tree/tree.js';

/** What became of the mutations of a file. */
export interface FuzzReport {
  /** Still valid. */
  loaded: number;
  /** Refused, by code. */
  refused: Record<string, number>;
  /** Anything else: an error without a code, tensors left behind. */
  failures: string[];
}

/** A small generator of its own, so that a failure can be repeated from its seed. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const interesting = [
  0, 1, 0x22, 0x2c, 0x2d, 0x30, 0x39, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff,
];
const words = [
  '__proto__',
  '"shape":[',
  '[[[[',
  '9007199254740993',
  'NaN',
  '-1',
  '1e9',
  '\\ud800',
  '}}',
  '"F64"',
  '"BOOL"',
];

/** One to eight changes: bits, bytes, pieces cut out, doubled, swapped or put in. */
function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  let out = bytes.slice();
  // Headers decide most, so half of all changes are there.
  const place = (): number => random(random(2) === 0 ? Math.min(out.length, 600) : out.length);
  for (let changes = 1 + random(8); changes > 0 && out.length > 0; changes--) {
    const at = place();
    switch (random(8)) {
      case 0:
        out[at] ^= 1 << random(8);
        break;
      case 1:
        out[at] = interesting[random(interesting.length)];
        break;
      case 2:
        out[at] = random(256);
        break;
      case 3:
        out = out.slice(0, at);
        break;
      case 4:
        out.copyWithin(at, place(), Math.min(out.length, at + random(64)));
        break;
      case 5: {
        const word = new TextEncoder().encode(words[random(words.length)]);
        out.set(word.subarray(0, out.length - at), at);
        break;
      }
      case 6: {
        const longer = new Uint8Array(out.length + 1 + random(16));
        longer.set(out.subarray(0, at));
        longer.set(out.subarray(at), longer.length - (out.length - at));
        out = longer;
        break;
      }
      default:
        if (out.length < 4) break;
        new DataView(out.buffer).setUint32(Math.min(at, out.length - 4), 0xffffffff);
    }
  }
  return out;
}

/** Loads `count` mutations of a file by the reader that its name asks for. */
export function fuzzCheckpoints(file: string, bytes: Uint8Array, count: number, seed: number): FuzzReport {
  const load = file.endsWith('.npz') ? loadNpz : file.endsWith('.npy') ? loadNpy : loadSafetensors;
  const random = generator(seed);
  const report: FuzzReport = { loaded: 0, refused: {}, failures: [] };
  const before = memory().numTensors;
  for (let i = 0; i < count; i++) {
    const mutated = mutate(bytes, random);
    let problem: string | undefined;
    try {
      dispose(load(mutated));
      report.loaded++;
    } catch (error) {
      if (error instanceof TankaError) report.refused[error.code] = (report.refused[error.code] ?? 0) + 1;
      else problem = String((error as Error).stack ?? error);
    }
    if (memory().numTensors !== before) problem = `left ${memory().numTensors - before} tensors`;
    if (problem !== undefined) {
      report.failures.push(`${file}, seed ${seed}, mutation ${i}: ${problem}`);
      if (report.failures.length > 10) break;
    }
  }
  return report;
}
