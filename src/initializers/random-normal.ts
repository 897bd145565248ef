import { tidy } from '@tensorflow/tfjs-core';
import type { Initializer } from '../module/parameters.js';
import { nextRngKey } from '../module/rng.js';
import { normal } from '../random/normal.js';
import { checkFloat } from './checks.js';
import { scaled } from './scaled.js';

/** Options of {@link randomNormal}. */
export interface RandomNormalOptions {
  /** Standard deviation. Default 1. */
  readonly stddev?: number;
  /** Default 0. */
  readonly mean?: number;
}

/**
 * Values of a normal distribution. Takes one key an array.
 * The initializer throws `initializer-dtype-invalid` for anything but float32.
 */
export function randomNormal({ stddev = 1, mean = 0 }: RandomNormalOptions = {}): Initializer {
  return (shape, dtype) => {
    checkFloat('randomNormal', dtype);
    return tidy(() => scaled(normal(nextRngKey(), shape), stddev, mean));
  };
}
