import type { Tensor } from '@tensorflow/tfjs-core';
import { draw } from './draw.js';
import { fromBits } from './float32.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
import type { Scheme } from './schemes.js';

/** The least float32 above −1. */
export const ABOVE_MINUS_ONE = -fromBits(0x3f7fffff);
const SPAN = Math.fround(1 - ABOVE_MINUS_ONE);

/** Float32 values of the standard normal distribution. */
export function drawNormal(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  return draw(key, count, scheme, (kernels, size) => {
    kernels.uniform(size, ABOVE_MINUS_ONE, SPAN);
    kernels.normal(size, -Infinity, Infinity);
  });
}

const operation = /* @__PURE__ */ sampler('normal', 'float32', drawNormal);

/**
 * Float32 samples of the standard normal distribution, as `jax.random.normal`.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function normal(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
