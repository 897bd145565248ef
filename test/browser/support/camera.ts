import { writeFileSync } from 'node:fs';
import type { Photo } from '../../../examples/pretrained/efficientnet/photo.js';

const WIDTH = 640;
const HEIGHT = 480;

/** The middle of a photo in the size of a camera's picture, each of its pixels the nearest one. */
export function cameraPicture({ width, height, data }: Photo): Photo {
  const scale = Math.min(width / WIDTH, height / HEIGHT);
  const [left, top] = [(width - WIDTH * scale) / 2, (height - HEIGHT * scale) / 2];
  const picture = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const from = Math.floor(top + (y + 0.5) * scale) * width + Math.floor(left + (x + 0.5) * scale);
      picture.set(data.subarray(4 * from, 4 * from + 4), 4 * (y * WIDTH + x));
    }
  }
  return { width: WIDTH, height: HEIGHT, data: picture };
}

/** Writes a picture of an even size as a film of one frame in Y4M, which Chromium plays again and again in the place of a camera. */
export function writeFilm(file: string, { width, height, data }: Photo): void {
  // BT.601 in its range of television, the colours of each two by two pixels together.
  const luma = new Uint8Array(width * height);
  const chroma = [new Uint8Array(luma.length / 4), new Uint8Array(luma.length / 4)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [r, g, b] = [0, 1, 2].map((channel) => data[4 * at + channel] / 255);
      luma[at] = Math.round(16 + 65.481 * r + 128.553 * g + 24.966 * b);
      if (y % 2 === 1 || x % 2 === 1) continue;
      const place = ((y / 2) * width) / 2 + x / 2;
      chroma[0][place] = Math.round(128 - 37.797 * r - 74.203 * g + 112 * b);
      chroma[1][place] = Math.round(128 + 112 * r - 93.786 * g - 18.214 * b);
    }
  }
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`);
  writeFileSync(file, Buffer.concat([head, luma, ...chroma]));
}
