import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../module/layer.js';
import { Module } from '../module/module.js';
import type { DepthwiseConvOptions } from './depthwise-conv-nd.js';
import { DepthwiseConv2D } from './depthwise-conv2d.js';
import { replicate } from './replicate.js';

/** Options of {@link SeparableDepthwiseConv2D}. */
export type SeparableDepthwiseConvOptions = Omit<DepthwiseConvOptions, 'rate'>;

/**
 * Two depthwise convolutions in place of one: `[rows, 1]` with the stride and the multiplier, then `[1, columns]` with the bias.
 *
 * Parameters: those of two {@link DepthwiseConv2D}, `~/depthwise_conv2_d` and `~/depthwise_conv2_d_1`. Takes two random keys when they are
 * made.
 */
@layer('SeparableDepthwiseConv2D', ['channelMultiplier', 'kernelShape'], {
  stride: 1,
  padding: 'SAME',
  withBias: true,
  dataFormat: 'NHWC',
})
export class SeparableDepthwiseConv2D extends Module {
  private readonly rows: DepthwiseConv2D;
  private readonly columns: DepthwiseConv2D;

  /** @throws `layer-options` */
  constructor(
    channelMultiplier: number,
    kernelShape: number | readonly number[],
    options: SeparableDepthwiseConvOptions = {},
  ) {
    super(options);
    const { name: _name, stride = 1, withBias = true, ...rest } = options;
    const [rows, columns] = replicate(this, kernelShape, 2, 'kernelShape');
    this.rows = new DepthwiseConv2D(channelMultiplier, [rows, 1], { ...rest, stride, withBias: false });
    this.columns = new DepthwiseConv2D(1, [1, columns], { ...rest, withBias });
  }

  /**
   * @param x `[N, H, W, C]`, or with channels first `[N, C, H, W]`
   * @throws `input-rank`, `input-dtype`
   */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    return this.columns.call(this.rows.call(x));
  }
}
