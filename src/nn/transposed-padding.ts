import type { Tensor } from '@tensorflow/tfjs-core';
import type { PaddingPair } from '../backend/ops/window.js';
import { wrongShape, type LayerName } from './input-checks.js';

/** One dimension of a transposed convolution whose output size is wished for. */
export interface AdjustedDimension {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: 'SAME' | 'VALID';
}

/**
 * The padding of the spread input that gives `outputSize`: the one under which a convolution of that size, stride and padding would have
 * come to `inputSize`.
 *
 * @throws `input-shape` when there is none
 */
export function adjustedPadding(layer: LayerName, x: Tensor, dimension: AdjustedDimension): PaddingPair {
  const { inputSize, outputSize, kernelSize, stride, padding } = dimension;
  const windows =
    padding === 'VALID' ? (outputSize - kernelSize + stride) / stride : (outputSize + stride - 1) / stride;
  if (inputSize !== Math.floor(windows)) {
    throw wrongShape(
      layer,
      x,
      `a spatial size ${Math.floor(windows)}, which outputShape ${outputSize} with kernel ${kernelSize}, stride ${stride} and ` +
        `padding '${padding}' comes from, not ${inputSize}`,
    );
  }
  const overlap = Math.max(0, (inputSize - 1) * stride + kernelSize - outputSize);
  const cutBefore = padding === 'VALID' ? 0 : Math.floor(overlap / 2);
  const before = kernelSize - 1 - cutBefore;
  return [before, outputSize + kernelSize - 1 - ((inputSize - 1) * stride + 1) - before];
}
