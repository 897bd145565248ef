import { mul, split, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { wrongShape } from '../input-checks.js';
import { checkOptions } from '../option-checks.js';
import { axesOf } from './axes.js';
import { floats } from './floats.js';
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
export function glu(x: Tensor, options: GluOptions = {}): Tensor {
  return tidy(() => {
    const { axis = -1 } = checkOptions('hk.nn.glu', options);
    const [dim] = axesOf(x, axis, 'hk.nn.glu');
    x = floats(x);
    if (x.shape[dim] % 2 !== 0) throw wrongShape('hk.nn.glu', x, `an even size of axis ${axis}`);
    const [values, gates] = split(x, 2, dim);
    return mul(values, sigmoid(gates));
  });
}
