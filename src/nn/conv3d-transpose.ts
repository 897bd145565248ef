import { layer } from '../module/layer.js';
import { ConvNDTranspose, convTransposeDefaults, type ConvTransposeOptions } from './conv-nd-transpose.js';

/** Three-dimensional transposed convolution of `[N, D, H, W, C]`: {@link ConvNDTranspose} with the default data format `NDHWC` (or `NCDHW`). */
@layer('Conv3DTranspose', ['outputChannels', 'kernelShape'], {
  ...convTransposeDefaults,
  dataFormat: 'NDHWC',
})
export class Conv3DTranspose extends ConvNDTranspose {
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeOptions = {},
  ) {
    super(3, outputChannels, kernelShape, options);
  }
}
