import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { convolution } from '../backend/ops/convolution.js';
import { product, type WindowPadding } from '../backend/ops/window.js';
import { truncatedNormal } from '../initializers/truncated-normal.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getParameter, type Initializer } from '../module/parameters.js';
import { channelIndexOf } from './channel-index.js';
import { addBias, checkGroups, checkSpatialInput, inBatch, masked } from './conv-parts.js';
import { wrongShape } from './input-checks.js';
import { checkWhole } from './option-checks.js';
import { toWindowPadding, type Padding } from './padding.js';
import { replicate } from './replicate.js';

/** Options of the convolutions. Numbers count for every spatial dimension, arrays have one a dimension. */
export interface ConvOptions extends ModuleOptions {
  /** Distance of neighbouring windows. Default 1. */
  readonly stride?: number | readonly number[];
  /** Distance of the cells of a window. Default 1. */
  readonly rate?: number | readonly number[];
  /** Default `'SAME'`. */
  readonly padding?: Padding;
  /** Adds a bias. Default `true`. */
  readonly withBias?: boolean;
  /** Of `w`. Default: truncated normal of standard deviation `1 / √(window cells · C / featureGroupCount)`. */
  readonly wInit?: Initializer;
  /** Of `b`. Default: zeros. */
  readonly bInit?: Initializer;
  /** Where the channels are: see `hk.getChannelIndex`. Default: last. */
  readonly dataFormat?: string;
  /** Multiplies `w`; of its shape. */
  readonly mask?: Tensor;
  /** Splits the channels into groups that do not see each other. Default 1. */
  readonly featureGroupCount?: number;
}

/** Defaults of {@link ConvOptions} that `String(module)` leaves out. */
export const convDefaults = {
  stride: 1,
  rate: 1,
  padding: 'SAME',
  withBias: true,
  featureGroupCount: 1,
} as const;

/**
 * Convolution over any number of spatial dimensions (cross-correlation, as everywhere in the field).
 *
 * Parameters, in the dtype of the input: `w` `[...kernelShape, C / featureGroupCount, outputChannels]` for every data format; `b`
 * `[outputChannels]`, with channels first `[outputChannels, 1, …]`. Takes one random key when `w` is made.
 */
@layer('ConvND', ['numSpatialDims', 'outputChannels', 'kernelShape'], {
  ...convDefaults,
  dataFormat: 'channels_last',
})
export class ConvND extends Module {
  readonly kernelShape: readonly number[];
  private readonly strides: readonly number[];
  private readonly rates: readonly number[];
  private readonly padding: WindowPadding;
  private readonly channelIndex: 1 | -1;

  /** @throws `layer-options` */
  constructor(
    readonly numSpatialDims: number,
    readonly outputChannels: number,
    kernelShape: number | readonly number[],
    private readonly options: ConvOptions = {},
  ) {
    super(options);
    const { stride = 1, rate = 1, padding = 'SAME', dataFormat = 'channels_last' } = options;
    checkWhole(this, 'numSpatialDims', numSpatialDims, 1);
    checkWhole(this, 'outputChannels', outputChannels, 1);
    checkWhole(this, 'featureGroupCount', options.featureGroupCount ?? 1, 1);
    checkGroups(this, outputChannels, options.featureGroupCount ?? 1);
    this.kernelShape = replicate(this, kernelShape, numSpatialDims, 'kernelShape');
    this.strides = replicate(this, stride, numSpatialDims, 'stride');
    this.rates = replicate(this, rate, numSpatialDims, 'rate');
    this.padding = toWindowPadding(this, padding, this.kernelShape, this.rates);
    this.channelIndex = channelIndexOf(this, dataFormat);
  }

  /**
   * @param x `[N, ...spatial, C]`, or with channels first `[N, C, ...spatial]`; `N` may be left out
   * @returns `[N, ...windows, outputChannels]`, or as the input is laid out
   * @throws `input-rank`, `input-dtype`, `input-shape`, `layer-options` for a mask of another shape than `w`
   */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    const { wInit, mask, featureGroupCount: groups = 1 } = this.options;
    checkSpatialInput(this, x, this.numSpatialDims, this.channelIndex);
    const inputChannels = x.shape.at(this.channelIndex === 1 ? -this.numSpatialDims - 1 : -1) as number;
    if (inputChannels % groups !== 0) {
      throw wrongShape(this, x, `channels that divide into featureGroupCount = ${groups} groups`);
    }
    const wShape = [...this.kernelShape, inputChannels / groups, this.outputChannels];
    const stddev = 1 / Math.sqrt(product(wShape.slice(0, -1)));
    const init = wInit ?? truncatedNormal({ stddev });
    const w = masked(this, getParameter('w', wShape, { dtype: x.dtype, init }), mask);
    return inBatch(x, this.numSpatialDims, (batch) => {
      const out = convolution(batch, w, {
        strides: this.strides,
        dilations: this.rates,
        padding: this.padding,
        groups,
        channelAxis: this.channelIndex,
      });
      return addBias(out, this.channelIndex, this.options);
    }) as Tensor<R>;
  }
}
