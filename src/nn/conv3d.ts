import { module } from '../module/decorators.js';
import { ConvND, convDefaults, type ConvOptions } from './conv-nd.js';

/** Three-dimensional convolution of `[N, D, H, W, C]`: {@link ConvND} with the default data format `NDHWC` (or `NCDHW`). */
@module('conv3_d', {
  className: 'Conv3D',
  positional: ['outputChannels', 'kernelShape'],
  defaults: { ...convDefaults, dataFormat: 'NDHWC' },
})
export class Conv3D extends ConvND {
  constructor(outputChannels: number, kernelShape: number | readonly number[], options: ConvOptions = {}) {
    super(3, outputChannels, kernelShape, options);
  }
}
