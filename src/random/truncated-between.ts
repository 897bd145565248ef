import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { draw } from './draw.js';
import { erf, fround, nextAfter } from './float32.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, samples, sizeOf, type SampleAttributes } from './perform.js';
import type { Scheme } from './schemes.js';

/** From here on, XLA's error function of a product is 1, which its error function of an array reaches later. */
const ONE_FROM = fround(3.7439212);

/** The error function at a bound; XLA multiplies by `1 / √2` where the formula divides by `√2`. */
export function erfOfBound(bound: number): number {
  const x = fround(bound * fround(Math.SQRT1_2));
  return Math.abs(x) >= ONE_FROM ? Math.sign(x) : erf(x);
}

/** Float32 values of the standard normal distribution between two numbers. */
export function drawTruncated(
  key: PRNGKey,
  count: number,
  scheme: Scheme,
  lower: number,
  upper: number,
): Float32Array {
  const low = erfOfBound(lower);
  const span = fround(erfOfBound(upper) - low);
  return draw(key, count, scheme, (kernels, size) => {
    kernels.uniform(size, low, span);
    kernels.normal(size, nextAfter(lower, Infinity), nextAfter(upper, -Infinity));
  });
}

interface Attributes extends SampleAttributes {
  readonly lower: number;
  readonly upper: number;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'truncatedNormal',
  abstract: samples('float32'),
  run: ({ keys: [key], attributes: { shape, lower, upper, scheme } }) =>
    tensor(drawTruncated(key, sizeOf(shape), scheme, lower, upper), shape, 'float32'),
};

/**
 * `truncatedNormal` between two numbers, which is all that initializers need: what tensors as bounds take is a third of its code.
 *
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function truncatedBetween(
  key: PRNGKey,
  lower: number,
  upper: number,
  shape: readonly number[],
): Tensor {
  return perform(operation, key, {
    lower: fround(lower),
    upper: fround(upper),
    shape: checkShape('truncatedNormal', shape),
  });
}
