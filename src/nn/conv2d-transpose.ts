import { layer } from '../module/layer.js';
import { ConvNDTranspose, convTransposeDefaults, type ConvTransposeOptions } from './conv-nd-transpose.js';

/** Two-dimensional transposed convolution of `[N, H, W, C]`: {@link ConvNDTranspose} with the default data format `NHWC` (or `NCHW`). */
@layer('Conv2DTranspose', ['outputChannels', 'kernelShape'], { ...convTransposeDefaults, dataFormat: 'NHWC' })
export class Conv2DTranspose extends ConvNDTranspose {
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeOptions = {},
  ) {
    super(2, outputChannels, kernelShape, options);
  }
}
