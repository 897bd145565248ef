import { layer } from '../module/layer.js';
import { ConvND, convDefaults, type ConvOptions } from './conv-nd.js';

/** One-dimensional convolution of `[N, W, C]`: {@link ConvND} with the default data format `NWC` (or `NCW`). */
@layer('Conv1D', ['outputChannels', 'kernelShape'], { ...convDefaults, dataFormat: 'NWC' })
export class Conv1D extends ConvND {
  constructor(outputChannels: number, kernelShape: number | readonly number[], options: ConvOptions = {}) {
    super(1, outputChannels, kernelShape, options);
  }
}
