import type { Tensor } from '@tensorflow/tfjs-core';
import { drawUniform } from './draw.js';
import type { PRNGKey } from './key.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';

const operation = /* @__PURE__ */ parametric(
  'bernoulli',
  'bool',
  (key, count, scheme, probabilities: ParameterValues) => {
    const u = drawUniform(key, count, scheme);
    const values = new Uint8Array(count);
    for (let i = 0; i < count; i++) values[i] = u[i] < valueAt(probabilities, i) ? 1 : 0;
    return values;
  },
);

/**
 * Bool samples that are true with probability `p`, as `jax.random.bernoulli`.
 *
 * @param p a number or a tensor of float32; default 0.5
 * @param shape of the result; default the shape of `p`
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function bernoulli(key: PRNGKey, p: Parameter = 0.5, shape?: readonly number[] | null): Tensor {
  return sampleWith(operation, key, shape, [p]);
}
