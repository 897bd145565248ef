import { mul, split, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { wrongShape } from '../input-checks.js';
import { axesOf } from './axes.js';
import { sigmoid } from './sigmoid.js';

/** Options of {@link glu}. */
export interface GluOptions {
  /** Axis that is halved. Default `-1`. */
  readonly axis?: number;
}

/**
 * Gated linear unit: the first half of `axis` times the sigmoid of the second.
 *
 * @throws `input-shape` when the size of `axis` is odd
 */
export function glu(x: Tensor, { axis = -1 }: GluOptions = {}): Tensor {
  return tidy(() => {
    const [dim] = axesOf(x, axis, 'hk.nn.glu');
    if (x.shape[dim] % 2 !== 0) throw wrongShape('hk.nn.glu', x, `an even size of axis ${axis}`);
    const [values, gates] = split(x, 2, dim);
    return mul(values, sigmoid(gates));
  });
}
