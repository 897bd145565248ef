import type { Tensor } from '@tensorflow/tfjs-core';
import { draw } from './draw.js';
import { log1p } from './float32.js';
import { ABOVE_MINUS_ONE } from './normal.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
import type { Scheme } from './schemes.js';

/** Float32 values of the Laplace distribution of mean 0 and scale 1. */
function drawLaplace(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  return draw(key, count, scheme, (kernels, size) => {
    kernels.uniform(size, ABOVE_MINUS_ONE, Math.fround(1 - ABOVE_MINUS_ONE));
    for (let i = 0; i < size; i++) {
      const u = kernels.floats[i];
      kernels.floats[i] = Math.fround(Math.sign(u) * log1p(-Math.abs(u)));
    }
  });
}

const operation = /* @__PURE__ */ sampler('laplace', 'float32', drawLaplace);

/**
 * Float32 samples of the Laplace distribution of mean 0 and scale 1, as `jax.random.laplace`.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function laplace(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
