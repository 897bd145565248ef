import { layer } from '../module/layer.js';
import { depthwiseDefaults, DepthwiseConvND, type DepthwiseConvOptions } from './depthwise-conv-nd.js';

/** One-dimensional depthwise convolution of `[N, W, C]`, each channel by itself; default data format `NWC` (or `NCW`). */
@layer('DepthwiseConv1D', ['channelMultiplier', 'kernelShape'], { ...depthwiseDefaults, dataFormat: 'NWC' })
export class DepthwiseConv1D extends DepthwiseConvND {
  constructor(
    channelMultiplier: number,
    kernelShape: number | readonly number[],
    options: DepthwiseConvOptions = {},
  ) {
    super(1, channelMultiplier, kernelShape, options);
  }
}
