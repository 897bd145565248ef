import { layer } from '../module/layer.js';
import { ConvNDTranspose, convTransposeDefaults, type ConvTransposeOptions } from './conv-nd-transpose.js';

/** One-dimensional transposed convolution of `[N, W, C]`: {@link ConvNDTranspose} with the default data format `NWC` (or `NCW`). */
@layer('Conv1DTranspose', ['outputChannels', 'kernelShape'], { ...convTransposeDefaults, dataFormat: 'NWC' })
export class Conv1DTranspose extends ConvNDTranspose {
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeOptions = {},
  ) {
    super(1, outputChannels, kernelShape, options);
  }
}
