import { layer } from '../module/layer.js';
import { ConvND, convDefaults, type ConvOptions } from './conv-nd.js';

/** Three-dimensional convolution of `[N, D, H, W, C]`: {@link ConvND} with the default data format `NDHWC` (or `NCDHW`). */
@layer('Conv3D', ['outputChannels', 'kernelShape'], { ...convDefaults, dataFormat: 'NDHWC' })
export class Conv3D extends ConvND {
  constructor(outputChannels: number, kernelShape: number | readonly number[], options: ConvOptions = {}) {
    super(3, outputChannels, kernelShape, options);
  }
}
