import {
  add,
  mean as meanOf,
  mul,
  rsqrt,
  scalar,
  square,
  sub,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import type { Initializer } from '../module/parameters.js';
import { checkAffineCall, checkAffineOptions, scaleAndOffset, type NormCallOptions } from './affine.js';
import { checkAxes, toAbsoluteAxes } from './axes.js';
import { channelIndexOf } from './channel-index.js';
import { ExponentialMovingAverage } from './exponential-moving-average.js';
import { checkDtype, checkRank, wrongShape } from './input-checks.js';
import { checkEps, checkOptions } from './option-checks.js';

/** Options of {@link BatchNorm}. */
export interface BatchNormOptions extends ModuleOptions {
  /** Makes a parameter that multiplies the normalized input. */
  readonly createScale: boolean;
  /** Makes a parameter that is added after scaling. */
  readonly createOffset: boolean;
  /** Of the moving averages of mean and variance. */
  readonly decayRate: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Of `scale`. Default: ones. */
  readonly scaleInit?: Initializer;
  /** Of `offset`. Default: zeros. */
  readonly offsetInit?: Initializer;
  /**
   * Axes to take mean and variance over. Default: all but the channels. Parameters have size 1 along those that are written from
   * the front alone, as in Haiku.
   */
  readonly axis?: number | readonly number[];
  /** Where the channels are: see `hk.getChannelIndex`. Default `'channels_last'`. */
  readonly dataFormat?: string;
}

/** Options of a call of {@link BatchNorm}. */
export interface BatchNormCallOptions extends NormCallOptions {
  /** Uses the statistics of the batch although not training. Default `false`. */
  readonly testLocalStats?: boolean;
}

/**
 * Batch normalization (arXiv:1502.03167): `(x − mean) · (scale / √(variance + eps)) + offset`.
 *
 * Training takes mean and variance `E[x²] − E[x]²` from the batch and updates their moving averages, which are used otherwise.
 *
 * Parameters, in the dtype and rank of the input, of size 1 along the reduced axes: `scale`, `offset`. State: that of
 * {@link ExponentialMovingAverage} under `~/mean_ema` and `~/var_ema`; right after `init` their `average` is that of the first batch.
 */
@layer('BatchNorm', [], { eps: 1e-5, dataFormat: 'channels_last' })
export class BatchNorm extends Module {
  private readonly meanEma: ExponentialMovingAverage;
  private readonly varEma: ExponentialMovingAverage;
  private readonly channelIndex: 1 | -1;

  /** @throws `layer-options` */
  constructor(private readonly options: BatchNormOptions) {
    super(options);
    checkOptions(this, options);
    checkEps(this, options.eps ?? 1e-5);
    checkAffineOptions(this, options);
    const { decayRate, axis, dataFormat } = options;
    if (axis !== undefined) checkAxes(this, [axis].flat(), 'axis');
    this.channelIndex = channelIndexOf(this, dataFormat ?? 'channels_last');
    this.meanEma = new ExponentialMovingAverage(decayRate, { name: 'mean_ema' });
    this.varEma = new ExponentialMovingAverage(decayRate, { name: 'var_ema' });
  }

  /**
   * @param x `[N, ..., C]`, or with channels first `[N, C, ...]`
   * @param isTraining takes the statistics of the batch and updates the moving averages
   * @throws `input-rank`, `input-dtype`; `input-shape` for two axes that are the same in it; `call-options` for a scale or offset that is a
   * parameter already; `state-missing` when not training before any training
   */
  call<R extends Rank>(x: Tensor<R>, isTraining: boolean, options: BatchNormCallOptions = {}): Tensor<R> {
    const { testLocalStats = false } = checkOptions(this, options);
    const { eps = 1e-5, axis } = this.options;
    checkAffineCall(this, this.options, options, x);
    checkRank(this, x, { min: this.channelIndex === 1 ? 2 : 1 }, '[N, ..., C] or [N, C, ...]');
    checkDtype(this, x, 'float32');
    const [channels] = toAbsoluteAxes(this.channelIndex, x.rank);
    const reduced = [axis ?? [...x.shape.keys()].filter((i) => i !== channels)].flat();
    const axes = toAbsoluteAxes(reduced, x.rank);
    if (axes.length < reduced.length || reduced.some((a) => a < -x.rank || a >= x.rank)) {
      throw wrongShape(this, x, `an input with the axes [${reduced.join(', ')}], each another,`);
    }

    let mean: Tensor;
    let variance: Tensor;
    if (isTraining || testLocalStats) {
      mean = meanOf(x, axes, true);
      variance = sub(meanOf(square(x), axes, true), square(mean));
    } else {
      mean = this.meanEma.average;
      variance = this.varEma.average;
    }
    if (isTraining) {
      this.meanEma.call(mean);
      this.varEma.call(variance);
    }

    const shape = x.shape.map((size, i) => (reduced.includes(i) ? 1 : size));
    const [gain, bias] = scaleAndOffset(this.options, options, x, shape);
    const inverse = rsqrt(add(variance, scalar(eps)));
    const y = mul(sub(x, mean), gain === undefined ? inverse : mul(gain, inverse));
    return (bias === undefined ? y : add(y, bias)) as Tensor<R>;
  }
}
