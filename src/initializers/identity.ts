import { broadcastTo, cast, eye, mul, scalar, tidy } from '@tensorflow/tfjs-core';
import type { Initializer } from '../module/parameters.js';
import { checkKnown, checkMatrix } from './checks.js';

/** Options of {@link identity}. */
export interface IdentityOptions {
  /** On the diagonal. Default 1. */
  readonly gain?: number;
}

/**
 * The identity matrix, ones on the main diagonal, in the last two axes; the same in all leading ones. Takes no key.
 * The initializer throws `initializer-shape-invalid` for fewer than two axes, `initializer-dtype-invalid` for a dtype that no backend has.
 */
export function identity({ gain = 1 }: IdentityOptions = {}): Initializer {
  return (shape, dtype) => {
    checkMatrix('identity', shape);
    checkKnown('identity', dtype);
    return tidy(() => {
      const [rows, columns] = shape.slice(-2);
      return cast(broadcastTo(mul(scalar(gain), eye(rows, columns)), shape), dtype);
    });
  };
}
