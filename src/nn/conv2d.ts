import { module } from '../module/decorators.js';
import { ConvND, convDefaults, type ConvOptions } from './conv-nd.js';

/** Two-dimensional convolution of `[N, H, W, C]`: {@link ConvND} with the default data format `NHWC` (or `NCHW`). */
@module('conv2_d', {
  className: 'Conv2D',
  positional: ['outputChannels', 'kernelShape'],
  defaults: { ...convDefaults, dataFormat: 'NHWC' },
})
export class Conv2D extends ConvND {
  constructor(outputChannels: number, kernelShape: number | readonly number[], options: ConvOptions = {}) {
    super(2, outputChannels, kernelShape, options);
  }
}
