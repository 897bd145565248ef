import { PNG } from 'pngjs';

/**
 * Grey square images side by side as a PNG, row by row, with a white line of a pixel between them.
 *
 * @param values `[count, size, size]` row by row, clipped to [0, 1]; 0 is black
 */
export function sheet(values: ArrayLike<number>, size: number, columns: number): Uint8Array {
  const count = values.length / (size * size);
  const rows = Math.ceil(count / columns);
  const png = new PNG({ width: columns * (size + 1) - 1, height: rows * (size + 1) - 1 });
  png.data.fill(255);
  for (let i = 0; i < values.length; i++) {
    const image = Math.floor(i / (size * size));
    const x = (image % columns) * (size + 1) + (i % size);
    const y = Math.floor(image / columns) * (size + 1) + (Math.floor(i / size) % size);
    const grey = Math.round(255 * Math.min(1, Math.max(0, values[i])));
    png.data.fill(grey, 4 * (y * png.width + x), 4 * (y * png.width + x) + 3);
  }
  return PNG.sync.write(png, { colorType: 0 });
}
