import {
  add,
  mean as meanOf,
  mul,
  reshape,
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
import {
  checkAffineCall,
  checkAffineOptions,
  scaleAndOffset,
  type AffineOptions,
  type NormCallOptions,
} from './affine.js';
import { checkAxes, toAbsoluteAxes, type AxisOrAxes } from './axes.js';
import { channelIndexOf } from './channel-index.js';
import { checkDtype, checkRank, wrongShape } from './input-checks.js';
import { checkEps, checkOptions, checkWhole } from './option-checks.js';

/** Options of {@link GroupNorm}. */
export interface GroupNormOptions extends ModuleOptions {
  /**
   * Axes to take mean and variance over, within each group of channels. Default: all but the first. Negative ones count from the last
   * (Haiku's count in a shape that is cut into groups, and hit other axes).
   */
  readonly axis?: AxisOrAxes;
  /** Makes a parameter that multiplies the normalized input. Default `true`. */
  readonly createScale?: boolean;
  /** Makes a parameter that is added after scaling. Default `true`. */
  readonly createOffset?: boolean;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Of `scale`. Default: ones. */
  readonly scaleInit?: Initializer;
  /** Of `offset`. Default: zeros. */
  readonly offsetInit?: Initializer;
  /** Where the channels are: see `hk.getChannelIndex`. Default `'channels_last'`. */
  readonly dataFormat?: string;
}

/**
 * Group normalization (arXiv:1803.08494): `(x − mean) / √(variance + eps) · scale + offset`, with mean and variance of groups of neighbouring
 * channels.
 *
 * Parameters, in the dtype of the input: `scale`, `offset` of shape `[C]`, with channels first `[C, 1, …]`.
 */
@layer('GroupNorm', ['groups'], {
  axis: { start: 1 },
  createScale: true,
  createOffset: true,
  eps: 1e-5,
  dataFormat: 'channels_last',
})
export class GroupNorm extends Module {
  private readonly affine: AffineOptions;
  private readonly channelIndex: 1 | -1;
  private rank: number | undefined;

  /** @throws `layer-options` */
  constructor(
    readonly groups: number,
    private readonly options: GroupNormOptions = {},
  ) {
    super(options);
    checkEps(this, options.eps ?? 1e-5);
    checkWhole(this, 'groups', groups, 1);
    const { createScale = true, createOffset = true, dataFormat = 'channels_last' } = options;
    this.affine = { ...options, createScale, createOffset };
    checkAffineOptions(this, this.affine);
    checkAxes(this, options.axis ?? 1, 'axis');
    this.channelIndex = channelIndexOf(this, dataFormat);
  }

  /**
   * @param x `[N, ..., C]`, or with channels first `[N, C, ...]`
   * @throws `input-rank` (also for another rank than in the first call), `input-dtype`; `input-shape` when the channels do not divide into
   * the groups; `call-options` for a scale or offset that is a parameter already
   */
  call<R extends Rank>(x: Tensor<R>, options: NormCallOptions = {}): Tensor<R> {
    const { axis = { start: 1 }, eps = 1e-5 } = this.options;
    checkAffineCall(this, this.affine, checkOptions(this, options), x);
    const ranks = this.rank === undefined ? { min: 2 } : { min: this.rank, max: this.rank };
    checkRank(
      this,
      x,
      ranks,
      `[N, ..., C] or [N, C, ...]${this.rank === undefined ? '' : ', as in its first call'}`,
    );
    checkDtype(this, x, 'float32');
    const [channelAxis] = toAbsoluteAxes(this.channelIndex, x.rank);
    const channels = x.shape[channelAxis];
    if (channels % this.groups !== 0) {
      throw wrongShape(this, x, `channels that divide into ${this.groups} groups, not ${channels},`);
    }
    this.rank = x.rank;
    const shape = this.channelIndex === 1 ? [channels, ...x.shape.slice(2).map(() => 1)] : [channels];
    const [gain, bias] = scaleAndOffset(this.affine, options, x, shape);

    // The channels become two axes, of which the groups are never averaged over.
    const sizes: number[] = x.shape;
    const grouped = reshape(x, [
      ...sizes.slice(0, channelAxis),
      this.groups,
      channels / this.groups,
      ...sizes.slice(channelAxis + 1),
    ]);
    const axes = toAbsoluteAxes(axis, x.rank).map((a) => (a >= channelAxis ? a + 1 : a));
    const centred = sub(grouped, meanOf(grouped, axes, true));
    const variance = meanOf(square(centred), axes, true);
    const normalized = reshape(mul(centred, rsqrt(add(variance, scalar(eps)))), x.shape);
    const y = gain === undefined ? normalized : mul(normalized, gain);
    return (bias === undefined ? y : add(y, bias)) as Tensor<R>;
  }
}
