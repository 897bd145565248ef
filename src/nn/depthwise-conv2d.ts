import { module } from '../module/decorators.js';
import { depthwiseDefaults, DepthwiseConvND, type DepthwiseConvOptions } from './depthwise-conv-nd.js';

/** Two-dimensional depthwise convolution of `[N, H, W, C]`, each channel by itself; default data format `NHWC` (or `NCHW`). */
@module('depthwise_conv2_d', {
  className: 'DepthwiseConv2D',
  positional: ['channelMultiplier', 'kernelShape'],
  defaults: { ...depthwiseDefaults, dataFormat: 'NHWC' },
})
export class DepthwiseConv2D extends DepthwiseConvND {
  constructor(
    channelMultiplier: number,
    kernelShape: number | readonly number[],
    options: DepthwiseConvOptions = {},
  ) {
    super(2, channelMultiplier, kernelShape, options);
  }
}
