import type { Tensor } from '@tensorflow/tfjs-core';
import { drawUniform } from './draw.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
import type { Scheme } from './schemes.js';

/** Values −1 and 1, each with probability ½. */
export function drawSigns(key: PRNGKey, count: number, scheme: Scheme): Int32Array {
  const u = drawUniform(key, count, scheme);
  const signs = new Int32Array(count);
  for (let i = 0; i < count; i++) signs[i] = u[i] < 0.5 ? 1 : -1;
  return signs;
}

const operation = /* @__PURE__ */ sampler('rademacher', 'int32', drawSigns);

/**
 * Int32 samples that are −1 or 1 with equal probability, as `jax.random.rademacher`.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function rademacher(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
