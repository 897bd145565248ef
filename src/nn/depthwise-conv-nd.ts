import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { convolution } from '../backend/ops/convolution.js';
import { product, type WindowPadding } from '../backend/ops/window.js';
import { truncatedNormal } from '../initializers/truncated-normal.js';
import { Module } from '../module/module.js';
import { getParameter } from '../module/parameters.js';
import { channelIndexOf } from './channel-index.js';
import type { ConvOptions } from './conv-nd.js';
import { addBias } from './conv-parts.js';
import { checkDtype, checkRank } from './input-checks.js';
import { checkWhole } from './option-checks.js';
import { toWindowPadding } from './padding.js';
import { replicate } from './replicate.js';

/** Options of the depthwise convolutions. `wInit` defaults to a truncated normal of standard deviation `1 / √(window cells)`. */
export type DepthwiseConvOptions = Omit<ConvOptions, 'mask' | 'featureGroupCount'>;

/** Defaults of {@link DepthwiseConvOptions} that `String(module)` leaves out. */
export const depthwiseDefaults = { stride: 1, rate: 1, padding: 'SAME', withBias: true } as const;

/**
 * What the depthwise convolutions have in common: each input channel has `channelMultiplier` windows of its own, whose outputs are
 * neighbours.
 *
 * Parameters, in the dtype of the input: `w` `[...kernelShape, 1, C · channelMultiplier]`; `b` `[C · channelMultiplier]`, with channels first
 * `[C · channelMultiplier, 1, …]` (Haiku's has two ones there for any number of spatial dimensions, and fails but for two). Takes one random
 * key when `w` is made.
 */
export abstract class DepthwiseConvND extends Module {
  readonly kernelShape: readonly number[];
  private readonly strides: readonly number[];
  private readonly rates: readonly number[];
  private readonly padding: WindowPadding;
  private readonly channelIndex: 1 | -1;

  /** @throws `layer-options` */
  constructor(
    readonly numSpatialDims: number,
    readonly channelMultiplier: number,
    kernelShape: number | readonly number[],
    private readonly options: DepthwiseConvOptions,
  ) {
    super(options);
    checkWhole(this, 'channelMultiplier', channelMultiplier, 1);
    const { stride = 1, rate = 1, padding = 'SAME', dataFormat = 'channels_last' } = options;
    this.kernelShape = replicate(this, kernelShape, numSpatialDims, 'kernelShape');
    this.strides = replicate(this, stride, numSpatialDims, 'stride');
    this.rates = replicate(this, rate, numSpatialDims, 'rate');
    this.padding = toWindowPadding(this, padding, this.kernelShape, this.rates);
    this.channelIndex = channelIndexOf(this, dataFormat);
  }

  /**
   * @param x `[N, ...spatial, C]`, or with channels first `[N, C, ...spatial]`
   * @returns `[N, ...windows, C · channelMultiplier]`, or as the input is laid out
   * @throws `input-rank`, `input-dtype`
   */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    const { wInit } = this.options;
    const rank = this.numSpatialDims + 2;
    const expected = this.channelIndex === 1 ? '[N, C, ...spatial]' : '[N, ...spatial, C]';
    checkRank(this, x, { min: rank, max: rank }, expected);
    checkDtype(this, x, 'float32');
    const inputChannels = x.shape.at(this.channelIndex) as number;
    const outputChannels = inputChannels * this.channelMultiplier;
    const init = wInit ?? truncatedNormal({ stddev: 1 / Math.sqrt(product(this.kernelShape)) });
    const w = getParameter('w', [...this.kernelShape, 1, outputChannels], { dtype: x.dtype, init });
    const out = convolution(x, w, {
      strides: this.strides,
      dilations: this.rates,
      padding: this.padding,
      groups: inputChannels,
      channelAxis: this.channelIndex,
    });
    return addBias(out, this.channelIndex, this.options) as Tensor<R>;
  }
}
