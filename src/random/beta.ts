import type { Tensor } from '@tensorflow/tfjs-core';
import { drawGamma } from './gamma.js';
import type { PRNGKey } from './key.js';
import { parametric, sampleWith, type Parameter, type ParameterValues } from './parameters.js';
import { derived } from './schemes.js';

const operation = /* @__PURE__ */ parametric(
  'beta',
  'float32',
  (key, count, scheme, a: ParameterValues, b: ParameterValues) => {
    const [keyA, keyB] = derived(key, 2, scheme);
    // In log space, because small parameters make samples that float32 does not hold.
    const logA = drawGamma(keyA, count, scheme, a, true);
    const logB = drawGamma(keyB, count, scheme, b, true);
    return logA.map((x, i) => {
      const largest = Math.max(x, logB[i]);
      const scaledA = Math.exp(Math.fround(x - largest));
      const scaledB = Math.exp(Math.fround(logB[i] - largest));
      return scaledA / (scaledA + scaledB);
    });
  },
);

/**
 * Float32 samples of the beta distribution, as `jax.random.beta` to about 1e-6: its last step is an exponential, which XLA computes in its own way.
 *
 * @param shape of the result; default the shape that `a` and `b` broadcast to
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function beta(key: PRNGKey, a: Parameter, b: Parameter, shape?: readonly number[] | null): Tensor {
  return sampleWith(operation, key, shape, [a, b]);
}
