import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { checkDtype, show } from '../input-checks.js';

/** One axis, several, or `null` for all; negative ones count from the end. */
export type Axis = number | readonly number[] | null;

/**
 * The axes as indices from 0.
 *
 * @throws `call-options` for an axis that `x` does not have; `input-dtype` for other than float32
 */
export function axesOf(x: Tensor, axis: Axis, caller: string): number[] {
  checkDtype(caller, x, 'float32');
  if (axis === null) return x.shape.map((_, dim) => dim);
  const axes = typeof axis === 'number' ? [axis] : axis;
  return axes.map((dim) => {
    if (!Number.isInteger(dim) || dim < -x.rank || dim >= x.rank) {
      throw new TankaError(
        'call-options',
        `${caller} got the axis ${dim} for an input ${show(x)}. Use axes from ${-x.rank} to ${x.rank - 1}.`,
      );
    }
    return dim < 0 ? dim + x.rank : dim;
  });
}
