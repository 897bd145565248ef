import { add, mean, mul, rsqrt, scalar, square, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import type { Initializer } from '../module/parameters.js';
import { checkAffineOptions, scaleAndOffset, type AffineOptions } from './affine.js';
import { checkAxes, paramShape, toAbsoluteAxes, type AxisOrAxes } from './axes.js';
import { checkDtype, checkRank } from './input-checks.js';
import { checkEps, checkOptions } from './option-checks.js';

/** Options of {@link RMSNorm}. */
export interface RMSNormOptions extends ModuleOptions {
  /** Axes to take the mean square over. */
  readonly axis: AxisOrAxes;
  /** Added to the mean square. Default 1e-5. */
  readonly eps?: number;
  /** Of `scale`. Default: ones. */
  readonly scaleInit?: Initializer;
  /** Makes a parameter that multiplies the normalized input. Default `true`. */
  readonly createScale?: boolean;
  /** Axes that the parameter has sizes for. Default: the last one, whatever `axis` is. */
  readonly paramAxis?: AxisOrAxes;
}

/**
 * Root mean square normalization (arXiv:1910.07467): `x · scale / √(mean(x²) + eps)`.
 *
 * Parameter, in the dtype of the input: `scale`, of shape `[C]` when `paramAxis` is the last axis, else of the rank of the input with size 1
 * along the other axes.
 */
@layer('RMSNorm', [], { eps: 1e-5, createScale: true })
export class RMSNorm extends Module {
  private readonly affine: AffineOptions;

  /** @throws `layer-options` */
  constructor(private readonly options: RMSNormOptions) {
    super(options);
    checkOptions(this, options);
    checkEps(this, options.eps ?? 1e-5);
    const { createScale = true, scaleInit } = options;
    this.affine = { createScale, createOffset: false, scaleInit };
    checkAffineOptions(this, this.affine);
    checkAxes(this, options.axis, 'axis');
    checkAxes(this, options.paramAxis ?? -1, 'paramAxis');
  }

  /**
   * @param x `[..., C]`
   * @throws `input-rank`, `input-dtype`
   */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    const { axis, eps = 1e-5, paramAxis = -1 } = this.options;
    checkRank(this, x, { min: 1 }, '[..., C]');
    checkDtype(this, x, 'float32');
    const [gain] = scaleAndOffset(this.affine, {}, x, paramShape(x, paramAxis));
    const scaled: Tensor = gain === undefined ? x : mul(x, gain);
    const meanSquare = mean(square(x), toAbsoluteAxes(axis, x.rank), true);
    return mul(scaled, rsqrt(add(meanSquare, scalar(eps))));
  }
}
