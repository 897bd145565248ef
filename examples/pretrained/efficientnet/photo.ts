/** Photos as the network wants them. Knows no file formats, so it runs in pages and in Node alike. */
import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { IMAGE_SIZE } from './model.js';

/** Pixels row by row, red, green, blue and alpha of each: an `ImageData` of a canvas is one. */
export interface Photo {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The part of a row (or column) of pixels that makes one pixel of the result, with its weights. */
interface Taps {
  readonly start: number;
  readonly weights: readonly number[];
}

/** Bits behind the point in the weights of {@link tapsOf}. */
const PRECISION = 22;

/** The cubic of Keys with a = −1/2. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/**
 * The taps of each pixel when `from` pixels become `to`. The cubic is widened when pixels are taken away, so that none is left out, and its
 * weights are rounded: the training pipeline's imaging library computes with integers.
 */
function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  const width = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - 2 * width + 0.5), 0);
    const end = Math.min(Math.trunc(centre + 2 * width + 0.5), from);
    const values = Array.from({ length: end - start }, (_, j) => cubic((start + j - centre + 0.5) / width));
    const total = values.reduce((sum, value) => sum + value, 0);
    return {
      start,
      weights: values.map((value) => {
        const exact = (value / total) * 2 ** PRECISION;
        return Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
      }),
    };
  });
}

/** Resizes along rows: `[lines, from, 3]` bytes to `[to, lines, 3]`, so that doing it twice resizes both ways. */
function resizeRows(pixels: Uint8Array, from: number, to: number): Uint8Array {
  const lines = pixels.length / (3 * from);
  const out = new Uint8ClampedArray(to * lines * 3);
  tapsOf(from, to).forEach(({ start, weights }, i) => {
    for (let line = 0; line < lines; line++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 2 ** (PRECISION - 1);
        let at = (line * from + start) * 3 + channel;
        for (const weight of weights) {
          sum += weight * pixels[at];
          at += 3;
        }
        out[(i * lines + line) * 3 + channel] = Math.floor(sum / 2 ** PRECISION);
      }
    }
  });
  return new Uint8Array(out.buffer);
}

/** The largest square in the middle of a photo at another size (bicubic, as Pillow resizes), `[size, size, 3]`; alpha is ignored. */
export function centreSquare({ width, height, data }: Photo, size: number): Uint8Array {
  const side = Math.min(width, height);
  const left = Math.floor((width - side) / 2);
  const top = Math.floor((height - side) / 2);
  const square = new Uint8Array(side * side * 3);
  let at = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = 4 * ((top + y) * width + left + x);
      square[at++] = data[from];
      square[at++] = data[from + 1];
      square[at++] = data[from + 2];
    }
  }
  return side === size ? square : resizeRows(resizeRows(square, side, size), side, size);
}

/** Photos as the network's input `[photos, 224, 224, 3]`: `(value − 127) / 128`. */
export function toImages(photos: readonly Photo[]): Tensor4D {
  const size = IMAGE_SIZE * IMAGE_SIZE * 3;
  const values = new Float32Array(photos.length * size);
  photos.forEach((photo, i) => {
    centreSquare(photo, IMAGE_SIZE).forEach((value, j) => {
      values[i * size + j] = (value - 127) / 128;
    });
  });
  return tensor4d(values, [photos.length, IMAGE_SIZE, IMAGE_SIZE, 3]);
}
