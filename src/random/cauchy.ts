import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { drawUniform } from './draw.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';
import type { Scheme } from './schemes.js';

const PI = Math.fround(Math.PI);
/** Distance from 1 to the next float32. */
const EPSILON = 2 ** -23;

/** Float32 values of the standard Cauchy distribution, `tan(π · (u − ½))`. */
function drawCauchy(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  const values = drawUniform(key, count, scheme, EPSILON, 1);
  for (let i = 0; i < count; i++) values[i] = Math.tan(Math.fround(PI * Math.fround(values[i] - 0.5)));
  return values;
}

const operation: RandomOperation<{ readonly shape: number[] } & WithScheme, Tensor> = {
  name: 'cauchy',
  abstract: samples('float32'),
  run: ({ keys: [key], attributes: { shape, scheme } }) =>
    tensor(drawCauchy(key, sizeOf(shape), scheme), shape, 'float32'),
};

/**
 * Float32 samples of the standard Cauchy distribution, as `jax.random.cauchy` to one unit in the last place: JAX takes the tangent
 * from the C library of its host.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function cauchy(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return perform(operation, key, { shape: checkShape('cauchy', shape) });
}
