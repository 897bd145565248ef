import {
  add,
  mean as meanOf,
  mul,
  ones,
  rsqrt,
  scalar,
  square,
  sub,
  zeros,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { layerNorm as fusedLayerNorm } from '../backend/ops/layer-norm.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import type { Initializer } from '../module/parameters.js';
import { checkAffineCall, checkAffineOptions, scaleAndOffset, type NormCallOptions } from './affine.js';
import { checkAxes, paramShape, toAbsoluteAxes, type AxisOrAxes } from './axes.js';
import { checkDtype, checkRank } from './input-checks.js';
import { checkEps, checkOptions } from './option-checks.js';

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions extends ModuleOptions {
  /** Axes to take mean and variance over. */
  readonly axis: AxisOrAxes;
  /** Makes a parameter that multiplies the normalized input. */
  readonly createScale: boolean;
  /** Makes a parameter that is added after scaling. */
  readonly createOffset: boolean;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Of `scale`. Default: ones. */
  readonly scaleInit?: Initializer;
  /** Of `offset`. Default: zeros. */
  readonly offsetInit?: Initializer;
  /** Takes the variance as `E[x²] − E[x]²`: faster, and less exact where the mean is large. Default `false`. */
  readonly useFastVariance?: boolean;
  /** Axes that the parameters have sizes for. Default: the last one, whatever `axis` is. */
  readonly paramAxis?: AxisOrAxes;
}

/**
 * Layer normalization (arXiv:1607.06450): `(scale / √(variance + eps)) · (x − mean) + offset`.
 *
 * Parameters, in the dtype of the input: `scale`, `offset`, of shape `[C]` when `paramAxis` is the last axis, else of the rank of the input
 * with size 1 along the other axes.
 */
@layer('LayerNorm', [], { eps: 1e-5, useFastVariance: false })
export class LayerNorm extends Module {
  /** @throws `layer-options` */
  constructor(private readonly options: LayerNormOptions) {
    super(options);
    checkOptions(this, options);
    checkEps(this, options.eps ?? 1e-5);
    checkAffineOptions(this, options);
    checkAxes(this, options.axis, 'axis');
    checkAxes(this, options.paramAxis ?? -1, 'paramAxis');
  }

  /**
   * @param x `[..., C]`
   * @throws `input-rank`, `input-dtype`; `call-options` for a scale or offset that is a parameter already
   */
  call<R extends Rank>(x: Tensor<R>, options: NormCallOptions = {}): Tensor<R> {
    checkAffineCall(this, this.options, checkOptions(this, options), x);
    checkRank(this, x, { min: 1 }, '[..., C]');
    checkDtype(this, x, 'float32');
    const { axis, eps = 1e-5, paramAxis = -1, useFastVariance = false } = this.options;
    const axes = toAbsoluteAxes(axis, x.rank);
    const [gain, bias] = scaleAndOffset(this.options, options, x, paramShape(x, paramAxis));
    if (axes.length === 1 && axes[0] === x.rank - 1 && !useFastVariance) {
      const whole = [x.shape[x.rank - 1]];
      if ([gain, bias].every((t) => t === undefined || (t.rank === 1 && t.size === whole[0]))) {
        return fusedLayerNorm(x, gain ?? ones(whole), bias ?? zeros(whole), eps) as Tensor<R>;
      }
    }
    const mean = meanOf(x, axes, true);
    const centred = sub(x, mean);
    const variance = useFastVariance
      ? sub(meanOf(square(x), axes, true), square(mean))
      : meanOf(square(centred), axes, true);
    const inverse = rsqrt(add(variance, scalar(eps)));
    const y = mul(gain === undefined ? inverse : mul(gain, inverse), centred);
    return (bias === undefined ? y : add(y, bias)) as Tensor<R>;
  }
}
