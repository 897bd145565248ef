import type { Tensor } from '@tensorflow/tfjs-core';
import { draw } from './draw.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
import type { Scheme } from './schemes.js';

/** Float32 values of the exponential distribution of mean 1, `−log(1 − u)`. */
export function drawExponential(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  return draw(key, count, scheme, (kernels, size) => {
    const { floats } = kernels;
    kernels.uniform(size, 0, 1);
    for (let i = 0; i < size; i++) floats[i] = -floats[i];
    kernels.log1p(size);
    for (let i = 0; i < size; i++) floats[i] = -floats[i];
  });
}

const operation = /* @__PURE__ */ sampler('exponential', 'float32', drawExponential);

/**
 * Float32 samples of the exponential distribution of mean 1, as `jax.random.exponential`.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function exponential(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
