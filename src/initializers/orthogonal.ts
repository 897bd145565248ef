import { mul, reshape, scalar, tidy, transpose } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import type { Initializer } from '../module/parameters.js';
import { nextRngKey } from '../module/rng.js';
import { orthonormal } from '../random/orthonormal.js';
import { checkFloat, checkMatrix } from './checks.js';

/** Options of {@link orthogonal}. */
export interface OrthogonalOptions {
  /** Factor of all values. Default 1. */
  readonly scale?: number;
  /** The axis whose slices are orthogonal to each other (where there are no more of them than their length). Default −1. */
  readonly axis?: number;
}

/**
 * A uniformly random orthogonal matrix (Saxe et al. 2014): `axis` against all other axes; its rows or its columns, whichever
 * are fewer, are orthonormal. Takes one key an array. Equal to Haiku to 1e-6: Haiku asks LAPACK, in float32.
 * The initializer throws `initializer-shape-invalid` for fewer than two axes or an axis of size 0, `initializer-dtype-invalid` for
 * anything but float32.
 *
 * @throws `initializer-option-invalid` from the initializer, for an axis that the shape does not have.
 */
export function orthogonal({ scale = 1, axis = -1 }: OrthogonalOptions = {}): Initializer {
  return (shape, dtype) => {
    checkFloat('orthogonal', dtype);
    checkMatrix('orthogonal', shape);
    const at = axis < 0 ? axis + shape.length : axis;
    if (!Number.isInteger(at) || at < 0 || at >= shape.length) {
      throw new TankaError(
        'initializer-option-invalid',
        `initializers.orthogonal: axis ${axis} does not exist in the shape [${String(shape)}].`,
      );
    }
    if (shape.includes(0)) {
      throw new TankaError(
        'initializer-shape-invalid',
        `The initializer orthogonal needs axes of at least one element, but the shape is [${String(shape)}].`,
      );
    }
    const rows = shape[at];
    const others = shape.filter((_, i) => i !== at);
    const columns = others.reduce((product, size) => product * size, 1);
    return tidy(() => {
      const back = shape.map((_, i) => (i === at ? 0 : i < at ? i + 1 : i));
      return mul(
        transpose(reshape(orthonormal(nextRngKey(), rows, columns), [rows, ...others]), back),
        scalar(scale),
      );
    });
  };
}
