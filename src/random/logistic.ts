import type { Tensor } from '@tensorflow/tfjs-core';
import { drawUniform } from './draw.js';
import { log, log1p } from './float32.js';
import { TINY } from './gumbel.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
import type { Scheme } from './schemes.js';

/** Float32 values of the standard logistic distribution, `log(u / (1 − u))`. */
function drawLogistic(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  const values = drawUniform(key, count, scheme, TINY, 1);
  for (let i = 0; i < count; i++) values[i] = log(values[i]) - log1p(-values[i]);
  return values;
}

const operation = /* @__PURE__ */ sampler('logistic', 'float32', drawLogistic);

/**
 * Float32 samples of the standard logistic distribution, as `jax.random.logistic`.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function logistic(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
