import { layer } from '../module/layer.js';
import { depthwiseDefaults, DepthwiseConvND, type DepthwiseConvOptions } from './depthwise-conv-nd.js';

/** Three-dimensional depthwise convolution of `[N, D, H, W, C]`, each channel by itself; default data format `NDHWC` (or `NCDHW`). */
@layer('DepthwiseConv3D', ['channelMultiplier', 'kernelShape'], { ...depthwiseDefaults, dataFormat: 'NDHWC' })
export class DepthwiseConv3D extends DepthwiseConvND {
  constructor(
    channelMultiplier: number,
    kernelShape: number | readonly number[],
    options: DepthwiseConvOptions = {},
  ) {
    super(3, channelMultiplier, kernelShape, options);
  }
}
