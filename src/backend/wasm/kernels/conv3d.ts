import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { kernel, requireFloat } from '../kernel.js';
import { convolve, convolutionFilterGradient, convolutionInputGradient } from './convolution.js';
import { convolutionGeometry, type WindowAttrs } from './geometry.js';

/** Three-dimensional convolution and both gradients: the sum over depth of convolutions of planes. */
export const conv3dKernels: readonly KernelConfig[] = [
  kernel<{ x: TensorInfo; filter: TensorInfo }, WindowAttrs>('Conv3D', ({ inputs: { x, filter }, attrs }) => {
    requireFloat('Conv3D', x, filter);
    return convolve(x, filter, convolutionGeometry(x.shape, filter.shape, attrs));
  }),
  kernel<{ dy: TensorInfo; filter: TensorInfo }, WindowAttrs & { readonly inputShape: number[] }>(
    'Conv3DBackpropInputV2',
    ({ inputs: { dy, filter }, attrs }) => {
      requireFloat('Conv3DBackpropInputV2', dy, filter);
      const geometry = convolutionGeometry(attrs.inputShape, filter.shape, attrs);
      return convolutionInputGradient(dy, filter, attrs.inputShape, geometry);
    },
  ),
  kernel<{ x: TensorInfo; dy: TensorInfo }, WindowAttrs & { readonly filterShape: number[] }>(
    'Conv3DBackpropFilterV2',
    ({ inputs: { x, dy }, attrs }) => {
      requireFloat('Conv3DBackpropFilterV2', x, dy);
      return convolutionFilterGradient(
        x,
        dy,
        attrs.filterShape,
        convolutionGeometry(x.shape, attrs.filterShape, attrs),
      );
    },
  ),
];
