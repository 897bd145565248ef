import { layer } from '../module/layer.js';
import { ConvND, convDefaults, type ConvOptions } from './conv-nd.js';

/** Two-dimensional convolution of `[N, H, W, C]`: {@link ConvND} with the default data format `NHWC` (or `NCHW`). */
@layer('Conv2D', ['outputChannels', 'kernelShape'], { ...convDefaults, dataFormat: 'NHWC' })
export class Conv2D extends ConvND {
  constructor(outputChannels: number, kernelShape: number | readonly number[], options: ConvOptions = {}) {
    super(2, outputChannels, kernelShape, options);
  }
}
