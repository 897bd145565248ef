import {
  div,
  exp,
  log,
  max,
  scalar,
  softmax as stockSoftmax,
  sub,
  sum,
  where as select,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { logSoftmax as fusedLogSoftmax } from '../../backend/ops/log-softmax.js';
import { stopGradient } from '../../backend/ops/stop-gradient.js';
import { checkOptions } from '../option-checks.js';
import { axesOf, maskOf, type Axis } from './axes.js';
import { floats } from './floats.js';

/** Options of {@link softmax} and {@link logSoftmax}. */
export interface SoftmaxOptions {
  /** Along which the result sums to 1. Default `-1`. */
  readonly axis?: Axis;
  /** Bool, of a shape that broadcasts to that of `x`: which values take part. Default: all. */
  readonly where?: Tensor;
}

/** `x` less its maximum along the axes, `-∞` where the mask is false. */
function shifted(x: Tensor, axes: number[], mask: Tensor | undefined): Tensor {
  const taken = mask === undefined ? x : select(mask, x, scalar(-Infinity));
  return sub(taken, stopGradient(max(taken, axes, true)));
}

function isLast(x: Tensor, axes: number[]): boolean {
  return axes.length === 1 && axes[0] === x.rank - 1;
}

/**
 * `exp(x) / Σ exp(x)` along `axis`; 0 where the mask is false.
 *
 * @throws `call-options` for an axis that `x` does not have
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return tidy(() => {
    const { axis = -1 } = checkOptions('hk.nn.softmax', options);
    const axes = axesOf(x, axis, 'hk.nn.softmax');
    const where = maskOf(options.where, 'hk.nn.softmax');
    x = floats(x);
    if (where === undefined && isLast(x, axes)) return stockSoftmax(x);
    const unnormalized = exp(shifted(x, axes, where));
    const result = div(unnormalized, sum(unnormalized, axes, true));
    return where === undefined ? result : select(where, result, scalar(0));
  });
}

/**
 * `log(softmax(x))` along `axis`, without the rounding of the two steps; `-∞` where the mask is false.
 *
 * @throws `call-options` for an axis that `x` does not have
 */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return tidy(() => {
    const { axis = -1 } = checkOptions('hk.nn.logSoftmax', options);
    const axes = axesOf(x, axis, 'hk.nn.logSoftmax');
    const where = maskOf(options.where, 'hk.nn.logSoftmax');
    x = floats(x);
    if (where === undefined && isLast(x, axes)) return fusedLogSoftmax(x);
    const logits = shifted(x, axes, where);
    const result = sub(logits, log(sum(exp(logits), axes, true)));
    return where === undefined ? result : select(where, result, scalar(-Infinity));
  });
}
