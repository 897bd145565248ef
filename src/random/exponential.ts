import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { draw } from './draw.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';
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

const operation: RandomOperation<{ readonly shape: number[] } & WithScheme, Tensor> = {
  name: 'exponential',
  abstract: samples('float32'),
  run: ({ keys: [key], attributes: { shape, scheme } }) =>
    tensor(drawExponential(key, sizeOf(shape), scheme), shape, 'float32'),
};

/**
 * Float32 samples of the exponential distribution of mean 1, as `jax.random.exponential`.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function exponential(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return perform(operation, key, { shape: checkShape('exponential', shape) });
}
