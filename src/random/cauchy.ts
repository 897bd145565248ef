import type { Tensor } from '@tensorflow/tfjs-core';
import { drawUniform } from './draw.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
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

const operation = /* @__PURE__ */ sampler('cauchy', 'float32', drawCauchy);

/**
 * Float32 samples of the standard Cauchy distribution, as `jax.random.cauchy` to one unit in the last place: JAX takes the tangent
 * from the C library of its host.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function cauchy(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
