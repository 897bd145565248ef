import { module } from '../module/decorators.js';
import { depthwiseDefaults, DepthwiseConvND, type DepthwiseConvOptions } from './depthwise-conv-nd.js';

/** Three-dimensional depthwise convolution of `[N, D, H, W, C]`, each channel by itself; default data format `NDHWC` (or `NCDHW`). */
@module('depthwise_conv3_d', {
  className: 'DepthwiseConv3D',
  positional: ['channelMultiplier', 'kernelShape'],
  defaults: { ...depthwiseDefaults, dataFormat: 'NDHWC' },
})
export class DepthwiseConv3D extends DepthwiseConvND {
  constructor(
    channelMultiplier: number,
    kernelShape: number | readonly number[],
    options: DepthwiseConvOptions = {},
  ) {
    super(3, channelMultiplier, kernelShape, options);
  }
}
