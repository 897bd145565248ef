import { layer } from '../module/layer.js';
import { depthwiseDefaults, DepthwiseConvND, type DepthwiseConvOptions } from './depthwise-conv-nd.js';

/** Two-dimensional depthwise convolution of `[N, H, W, C]`, each channel by itself; default data format `NHWC` (or `NCHW`). */
@layer('DepthwiseConv2D', ['channelMultiplier', 'kernelShape'], { ...depthwiseDefaults, dataFormat: 'NHWC' })
export class DepthwiseConv2D extends DepthwiseConvND {
  constructor(
    channelMultiplier: number,
    kernelShape: number | readonly number[],
    options: DepthwiseConvOptions = {},
  ) {
    super(2, channelMultiplier, kernelShape, options);
  }
}
