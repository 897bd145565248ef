import { module } from '../module/decorators.js';
import { ConvNDTranspose, convTransposeDefaults, type ConvTransposeOptions } from './conv-nd-transpose.js';

/** One-dimensional transposed convolution of `[N, W, C]`: {@link ConvNDTranspose} with the default data format `NWC` (or `NCW`). */
@module('conv1_d_transpose', {
  className: 'Conv1DTranspose',
  positional: ['outputChannels', 'kernelShape'],
  defaults: { ...convTransposeDefaults, dataFormat: 'NWC' },
})
export class Conv1DTranspose extends ConvNDTranspose {
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeOptions = {},
  ) {
    super(1, outputChannels, kernelShape, options);
  }
}
