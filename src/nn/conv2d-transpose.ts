import { module } from '../module/decorators.js';
import { ConvNDTranspose, convTransposeDefaults, type ConvTransposeOptions } from './conv-nd-transpose.js';

/** Two-dimensional transposed convolution of `[N, H, W, C]`: {@link ConvNDTranspose} with the default data format `NHWC` (or `NCHW`). */
@module('conv2_d_transpose', {
  className: 'Conv2DTranspose',
  positional: ['outputChannels', 'kernelShape'],
  defaults: { ...convTransposeDefaults, dataFormat: 'NHWC' },
})
export class Conv2DTranspose extends ConvNDTranspose {
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeOptions = {},
  ) {
    super(2, outputChannels, kernelShape, options);
  }
}
