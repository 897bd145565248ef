import { backend_util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { floats, makeOutput } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';

interface Rotation {
  readonly radians: number;
  readonly fillValue: number | [number, number, number];
  readonly center: number | [number, number];
}

/** Turns images `[batch, height, width, channels]` about a point, each pixel taken from the nearest one. */
function rotate(image: TensorInfo, { radians, fillValue, center }: Rotation): TensorInfo {
  requireFloat('RotateWithOffset', image);
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const [centerX, centerY] = backend_util.getImageCenter(center, height, width);
  const out = makeOutput(image.shape);
  const [from, to] = [floats(image), floats(out)];
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  // The fourth channel is opacity: what comes from nowhere is opaque.
  const fill = Array.from({ length: channels }, (_, c) =>
    typeof fillValue === 'number' ? fillValue : c === 3 ? 255 : fillValue[c],
  );
  let at = 0;
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const sourceX = Math.round((x - centerX) * cos - (y - centerY) * sin + centerX);
        const sourceY = Math.round((x - centerX) * sin + (y - centerY) * cos + centerY);
        const inside = sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height;
        const source = ((b * height + sourceY) * width + sourceX) * channels;
        for (let c = 0; c < channels; c++) to[at++] = inside ? from[source + c] : fill[c];
      }
    }
  }
  return out;
}

/** The stock kernel rounds the fill value to an integer. */
export const rotateKernels: readonly KernelConfig[] = [
  kernel<{ image: TensorInfo }, Rotation>('RotateWithOffset', ({ inputs: { image }, attrs }) =>
    rotate(image, attrs),
  ),
];
