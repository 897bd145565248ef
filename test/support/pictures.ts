import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';

/** Width, height and the grey values, in [0, 1], of a picture that an example wrote. */
export function readPicture(name: string): { width: number; height: number; values: number[] } {
  const { width, height, data } = PNG.sync.read(
    readFileSync(new URL(`../../examples/out/${name}`, import.meta.url)),
  );
  return { width, height, values: Array.from({ length: width * height }, (_, i) => data[4 * i] / 255) };
}
