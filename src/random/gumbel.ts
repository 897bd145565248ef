import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { draw } from './draw.js';
import { fromBits } from './float32.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';
import type { Scheme } from './schemes.js';

/** The least normal float32: keeps the logarithm finite. */
export const TINY = fromBits(0x00800000);

function negate(floats: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) floats[i] = -floats[i];
}

/** Float32 values of the standard Gumbel distribution, `−log(−log u)`. */
export function drawGumbel(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  return draw(key, count, scheme, (kernels, size) => {
    kernels.uniform(size, TINY, 1);
    kernels.log(size);
    negate(kernels.floats, size);
    kernels.log(size);
    negate(kernels.floats, size);
  });
}

const operation: RandomOperation<{ readonly shape: number[] } & WithScheme, Tensor> = {
  name: 'gumbel',
  abstract: samples('float32'),
  run: ({ keys: [key], attributes: { shape, scheme } }) =>
    tensor(drawGumbel(key, sizeOf(shape), scheme), shape, 'float32'),
};

/**
 * Float32 samples of the standard Gumbel distribution, as `jax.random.gumbel` in its default mode.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function gumbel(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return perform(operation, key, { shape: checkShape('gumbel', shape) });
}
