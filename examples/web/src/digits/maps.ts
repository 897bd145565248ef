const COLUMNS = 8;
const GAP = 2;

/** Paints the channels of `[1, height, width, channels]` as tiles, each as bright as its brightest place allows. */
export function paintMaps(
  canvas: HTMLCanvasElement,
  values: Float32Array,
  [, height, width, channels]: number[],
): void {
  const rows = Math.ceil(channels / COLUMNS);
  canvas.width = COLUMNS * (width + GAP) - GAP;
  canvas.height = rows * (height + GAP) - GAP;
  canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  const image = new ImageData(canvas.width, canvas.height);
  let most = 1e-6;
  for (const value of values) most = Math.max(most, value);
  for (let channel = 0; channel < channels; channel++) {
    const left = (channel % COLUMNS) * (width + GAP);
    const top = Math.floor(channel / COLUMNS) * (height + GAP);
    for (let i = 0; i < height * width; i++) {
      const value = Math.sqrt(values[i * channels + channel] / most);
      const at = 4 * ((top + Math.floor(i / width)) * image.width + left + (i % width));
      image.data.set([24 + 231 * value, 22 + 150 * value * value, 34 + 110 * value ** 3, 255], at);
    }
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
