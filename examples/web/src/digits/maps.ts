const GAP = 2;

/** From dark to bright, as pixels of a canvas: red in the lowest byte. */
const colours = Uint32Array.from({ length: 256 }, (_, i) => {
  const value = Math.sqrt(i / 255);
  const [r, g, b] = [24 + 231 * value, 22 + 150 * value * value, 34 + 110 * value ** 3];
  return ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
});

/** Paints the channels of `[1, height, width, channels]` as tiles in so many columns, each as bright as the brightest place of all allows. */
export function paintMaps(
  canvas: HTMLCanvasElement,
  values: Float32Array,
  [, height, width, channels]: number[],
  columns: number,
): void {
  const rows = Math.ceil(channels / columns);
  canvas.width = columns * (width + GAP) - GAP;
  canvas.height = rows * (height + GAP) - GAP;
  const image = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  let most = 1e-6;
  for (const value of values) most = Math.max(most, value);
  const scale = 255 / most;
  for (let channel = 0; channel < channels; channel++) {
    const left = (channel % columns) * (width + GAP);
    const top = Math.floor(channel / columns) * (height + GAP);
    for (let y = 0; y < height; y++) {
      const row = (top + y) * image.width + left;
      for (let x = 0; x < width; x++) {
        pixels[row + x] = colours[(values[(y * width + x) * channels + channel] * scale) | 0];
      }
    }
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
