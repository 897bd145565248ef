import {
  add,
  broadcastTo,
  cast,
  div,
  maximum,
  mean as stockMean,
  mul,
  rsqrt,
  square,
  sub,
  sum,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkOptions } from '../option-checks.js';
import { axesOf, maskOf, type Axis } from './axes.js';
import { floats } from './floats.js';

/** Options of {@link standardize}. */
export interface StandardizeOptions {
  /** Along which mean and variance are taken. Default `-1`. */
  readonly axis?: Axis;
  /** Default: that of `x`. */
  readonly mean?: Tensor;
  /** Default: that of `x`. */
  readonly variance?: Tensor;
  /** Added to the variance. Default `1e-5`. */
  readonly epsilon?: number;
  /** Bool, of a shape that broadcasts to that of `x`: which values mean and variance are taken of. Default: all. */
  readonly where?: Tensor;
  /** `fast` takes the variance as `mean(x²) - mean(x)²`, `stable` as `mean((x - mean(x))²)`. Default `fast`. */
  readonly algorithm?: 'fast' | 'stable';
}

/**
 * `(x - mean) / √(variance + epsilon)`.
 *
 * @throws `call-options` for an axis that `x` does not have
 */
export function standardize(x: Tensor, options: StandardizeOptions = {}): Tensor {
  return tidy(() => {
    const { axis = -1, epsilon = 1e-5, algorithm = 'fast' } = checkOptions('hk.nn.standardize', options);
    const axes = axesOf(x, axis, 'hk.nn.standardize');
    const where = maskOf(options.where, 'hk.nn.standardize');
    x = floats(x);
    const average = (values: Tensor): Tensor => {
      if (where === undefined) return stockMean(values, axes, true);
      const taken = cast(broadcastTo(where, x.shape), 'float32');
      return div(sum(mul(values, taken), axes, true), sum(taken, axes, true));
    };
    const mean = options.mean ?? average(x);
    const variance =
      options.variance ??
      (algorithm === 'stable'
        ? average(square(sub(x, mean)))
        : // Rounding can make the difference negative.
          maximum(sub(average(square(x)), square(mean)), 0));
    return mul(sub(x, mean), rsqrt(add(variance, epsilon)));
  });
}
