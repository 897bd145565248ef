import {
  cast,
  equal,
  expandDims,
  range,
  reshape,
  type DataType,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { checkTensor } from '../input-checks.js';
import { checkOptions, checkWhole } from '../option-checks.js';
import { axisIn } from './axes.js';

/** Options of {@link oneHot}. */
export interface OneHotOptions {
  /** Default `float32`. */
  readonly dtype?: DataType;
  /** Where the new axis goes in the result. Default `-1`. */
  readonly axis?: number;
}

/**
 * Ones where the class is, zeros elsewhere; all zeros for a number that is no class.
 *
 * @param x class numbers `[...shape]`
 * @returns `[...shape, numClasses]`, the new axis at `axis`
 * @throws `layer-options` for a `numClasses` that is no whole number from 0 up; `call-options` for an axis that the result does not have
 */
export function oneHot(x: Tensor, numClasses: number, options: OneHotOptions = {}): Tensor {
  return tidy(() => {
    const { dtype = 'float32', axis = -1 } = checkOptions('hk.nn.oneHot', options);
    checkTensor('hk.nn.oneHot', x);
    checkWhole('hk.nn.oneHot', 'numClasses', numClasses, 0);
    const dim = axisIn('hk.nn.oneHot', x, axis, x.rank + 1);
    const classes = reshape(range(0, numClasses, 1, x.dtype === 'float32' ? 'float32' : 'int32'), [
      ...Array.from({ length: x.rank + 1 }, (_, i) => (i === dim ? numClasses : 1)),
    ]);
    return cast(equal(expandDims(x, dim), classes), dtype);
  });
}
