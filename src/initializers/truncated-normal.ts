import { tidy } from '@tensorflow/tfjs-core';
import type { Initializer } from '../module/parameters.js';
import { nextRngKey } from '../module/rng.js';
import { truncatedBetween } from '../random/truncated-between.js';
import { checkFloat } from './checks.js';
import { scaled } from './scaled.js';

/** Options of {@link truncatedNormal}. */
export interface TruncatedNormalOptions {
  /** Standard deviation before truncation. Default 1. */
  readonly stddev?: number;
  /** Default 0. */
  readonly mean?: number;
  /** Lower bound, in standard deviations from the mean. Default −2. */
  readonly lower?: number;
  /** Upper bound, in standard deviations from the mean. Default 2. */
  readonly upper?: number;
}

/**
 * Values of a normal distribution cut off at two bounds. Takes one key an array.
 * The initializer throws `initializer-dtype-invalid` for anything but float32.
 */
export function truncatedNormal({
  stddev = 1,
  mean = 0,
  lower = -2,
  upper = 2,
}: TruncatedNormalOptions = {}): Initializer {
  return (shape, dtype) => {
    checkFloat('truncatedNormal', dtype);
    return tidy(() => scaled(truncatedBetween(nextRngKey(), lower, upper, shape), stddev, mean));
  };
}
