import { cast, oneHot, tensor1d, tensor4d, tidy, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import type { Digits } from '../data/mnist.js';

const SIZE = 28;
const PIXELS = SIZE * SIZE;
const SHADES = ' .:-=+*#%@';

/** Images and one-hot labels as tensors, which the caller owns. */
export function toTensors({ count, images, labels }: Digits): { xs: Tensor4D; ys: Tensor2D } {
  return {
    xs: tensor4d(images, [count, SIZE, SIZE, 1]),
    ys: tidy(() => cast(oneHot(tensor1d(Int32Array.from(labels), 'int32'), 10), 'float32') as Tensor2D),
  };
}

/** The same digits in an order that depends on the key alone. */
export function shuffled({ count, images, labels }: Digits, key: hk.PRNGKey): Digits {
  const permutation = hk.random.permutation(key, count);
  const order = permutation.dataSync();
  permutation.dispose();
  const out = { count, images: new Float32Array(images.length), labels: new Uint8Array(count) };
  order.forEach((from, to) => {
    out.images.set(images.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS);
    out.labels[to] = labels[from];
  });
  return out;
}

/** The first `count` digits. */
export function first({ images, labels }: Digits, count: number): Digits {
  return { count, images: images.slice(0, count * PIXELS), labels: labels.slice(0, count) };
}

/** Digits side by side as text, one character for two rows, each above its caption. */
export function draw({ count, images }: Digits, captions: readonly string[]): string {
  const rows = Array.from({ length: SIZE / 2 }, (_, row) =>
    Array.from({ length: count }, (_, digit) =>
      Array.from({ length: SIZE }, (_, column) => {
        const at = digit * PIXELS + 2 * row * SIZE + column;
        const grey = (images[at] + images[at + SIZE]) / 2;
        return SHADES[Math.round(grey * (SHADES.length - 1))];
      }).join(''),
    ).join(' '),
  );
  return [...rows, captions.map((caption) => caption.padEnd(SIZE + 1)).join('')].join('\n');
}
