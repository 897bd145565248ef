import {
  abs,
  add,
  exp,
  expm1,
  isFinite,
  less,
  log,
  log1p,
  max,
  mul,
  neg,
  reshape,
  scalar,
  sign,
  sub,
  sum,
  where as select,
  zerosLike,
  broadcastTo,
  cast,
  onesLike,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { stopGradient } from '../../backend/ops/stop-gradient.js';
import { checkOptions } from '../option-checks.js';
import { axesOf, maskOf, type Axis } from './axes.js';
import { floats } from './floats.js';

/** Options of {@link logmeanexp}. */
export interface LogmeanexpOptions {
  /** Default: all. */
  readonly axis?: Axis;
  /** Bool, of a shape that broadcasts to that of the input: which values take part. Default: all. */
  readonly where?: Tensor;
  /** Keeps the axes with size 1. Default `false`. */
  readonly keepdims?: boolean;
}

/** Options of {@link logsumexp}. */
export interface LogsumexpOptions extends LogmeanexpOptions {
  /** Factors of the exponentials, of a shape that broadcasts. Default: ones. */
  readonly b?: Tensor;
  /** Returns the logarithm of the absolute value, and the sign beside it. Default `false`: a negative sum gives NaN. */
  readonly returnSign?: boolean;
}

/**
 * `log Σ b · exp(a)` along `axis`, without overflow.
 *
 * @returns the logarithm, or `[logarithm, sign]` with `returnSign`
 * @throws `call-options` for an axis that `a` does not have
 */
export function logsumexp(
  a: Tensor,
  options: LogsumexpOptions & { readonly returnSign: true },
): [Tensor, Tensor];
export function logsumexp(a: Tensor, options?: LogsumexpOptions & { readonly returnSign?: false }): Tensor;
export function logsumexp(a: Tensor, options: LogsumexpOptions = {}): Tensor | [Tensor, Tensor] {
  return tidy(() => {
    const { axis = null, b, keepdims = false, returnSign = false } = checkOptions('hk.nn.logsumexp', options);
    const axes = axesOf(a, axis, 'hk.nn.logsumexp');
    const where = maskOf(options.where, 'hk.nn.logsumexp');
    a = floats(a);
    const taken = where === undefined ? a : select(where, a, scalar(-Infinity));
    const largest = stopGradient(max(taken, axes, true));
    // A maximum of ±∞ would make ∞ - ∞ of the largest values.
    const shift = select(isFinite(largest), largest, zerosLike(largest));
    const terms = exp(sub(taken, shift));
    const total = sum(b === undefined ? terms : mul(b, terms), axes, true);
    const shape = keepdims ? total.shape : total.shape.filter((_, dim) => !axes.includes(dim));
    if (!returnSign) return reshape(add(log(total), shift), shape);
    return [reshape(add(log(abs(total)), shift), shape), reshape(sign(total), shape)];
  });
}

/**
 * `log(mean(exp(x)))` along `axis`, without overflow.
 *
 * @throws `call-options` for an axis that `x` does not have
 */
export function logmeanexp(x: Tensor, options: LogmeanexpOptions = {}): Tensor {
  return tidy(() => {
    const { axis = null, keepdims = false } = checkOptions('hk.nn.logmeanexp', options);
    const axes = axesOf(x, axis, 'hk.nn.logmeanexp');
    const where = maskOf(options.where, 'hk.nn.logmeanexp');
    x = floats(x);
    const counted = where === undefined ? onesLike(x) : cast(broadcastTo(where, x.shape), 'float32');
    return sub(logsumexp(x, options), log(sum(counted, axes, keepdims)));
  });
}

/** `log(1 - e⁻ˣ)` for `x > 0`, exact near 0 and for large `x`. */
export function log1mexp(x: Tensor): Tensor {
  return tidy(() => {
    x = floats(x);
    const small = less(x, Math.LN2);
    const middle = scalar(1);
    // Each branch sees values that it is finite for, or its gradient would be 0 · ∞.
    const near = log(neg(expm1(neg(select(small, x, middle)))));
    const far = log1p(neg(exp(neg(select(small, middle, x)))));
    return select(small, near, far);
  });
}
