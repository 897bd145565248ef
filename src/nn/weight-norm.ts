import { div, mul, sqrt, square, sum, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getParameter } from '../module/parameters.js';
import { checkAxes, toAbsoluteAxes, type AxisOrAxes } from './axes.js';
import { checkDtype, checkRank } from './input-checks.js';

/** Options of {@link WeightNorm}. */
export interface WeightNormOptions extends ModuleOptions {
  /** Axes that have a length each; the norm is over the others. Default: the last one, the outputs of a layer. */
  readonly axis?: AxisOrAxes;
}

/**
 * Splits weights into length and direction, which are then learnt apart (arXiv:1602.07868): `w = scale · v / ‖v‖`. Haiku has no such layer.
 *
 * ```ts
 * const dense = hk.transform((x: tf.Tensor2D) => {
 *   const v = hk.getParameter('v', [x.shape[1], 3], { init: hk.initializers.randomNormal() }) as tf.Tensor2D;
 *   return tf.matMul(x, new hk.WeightNorm().call(v));
 * });
 * ```
 *
 * Parameter: `scale`, of the rank of `v` with size 1 along the other axes; it starts as `‖v‖`, so that `w` starts as `v`.
 */
@layer('WeightNorm', [], { axis: -1 })
export class WeightNorm extends Module {
  private readonly axis: AxisOrAxes;

  /** @throws `layer-options` */
  constructor(options: WeightNormOptions = {}) {
    super(options);
    const { axis = -1 } = options;
    checkAxes(this, axis, 'axis');
    this.axis = axis;
  }

  /**
   * @param v `[..., C]`, nowhere all zeros along the normed axes
   * @throws `input-rank`, `input-dtype`
   */
  call<R extends Rank>(v: Tensor<R>): Tensor<R> {
    checkRank(this, v, { min: 1 }, '[..., C]');
    checkDtype(this, v, 'float32');
    const kept = toAbsoluteAxes(this.axis, v.rank);
    const normed = [...v.shape.keys()].filter((axis) => !kept.includes(axis));
    const length: Tensor = sqrt(sum(square(v), normed, true));
    const scale = getParameter('scale', length.shape, { dtype: v.dtype, init: () => length });
    return mul(v, div(scale, length));
  }
}
