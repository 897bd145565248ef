import type { Initializer } from '../module/parameters.js';
import { nextRngKey } from '../module/rng.js';
import { uniform } from '../random/uniform.js';
import { checkFloat } from './checks.js';

/** Options of {@link randomUniform}. */
export interface RandomUniformOptions {
  /** Default 0. */
  readonly minval?: number;
  /** Default 1. */
  readonly maxval?: number;
}

/**
 * Values uniform in `[minval, maxval)`. Takes one key an array.
 * The initializer throws `initializer-dtype-invalid` for anything but float32.
 */
export function randomUniform({ minval = 0, maxval = 1 }: RandomUniformOptions = {}): Initializer {
  return (shape, dtype) => {
    checkFloat('randomUniform', dtype);
    return uniform(nextRngKey(), shape, { minval, maxval });
  };
}
