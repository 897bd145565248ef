import { tidy, type Tensor, type TensorLike } from '@tensorflow/tfjs-core';
import { drawGamma } from './gamma.js';
import type { PRNGKey } from './key.js';
import { askedShape, asTensor, parameterValues, sampleShape } from './parameters.js';
import { perform, refuseArgument, sampler } from './perform.js';

const operation = /* @__PURE__ */ sampler(
  'dirichlet',
  'float32',
  (key, count, scheme, { shape }, tensors) => {
    const parts = shape[shape.length - 1];
    const logs = drawGamma(key, count, scheme, parameterValues({ tensor: 0 }, tensors, shape), true);
    const values = new Float32Array(count);
    for (let start = 0; start < count; start += parts) {
      const row = logs.subarray(start, start + parts);
      const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
      let sum = 0;
      for (let i = 0; i < parts; i++) {
        values[start + i] = Math.exp(Math.fround(row[i] - largest));
        sum += values[start + i];
      }
      for (let i = 0; i < parts; i++) values[start + i] /= sum;
    }
    return values;
  },
);

/**
 * Float32 samples of the Dirichlet distribution, as `jax.random.dirichlet` to about 1e-6: its last step is a softmax, which XLA computes in its own way.
 *
 * @param alpha `[..., parts]`, at least one axis
 * @param shape of the result without its last axis; default that of `alpha`
 * @returns `[...shape, parts]`, non-negative, with sum 1 along the last axis
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid`
 */
export function dirichlet(
  key: PRNGKey,
  alpha: Tensor | TensorLike,
  shape?: readonly number[] | null,
): Tensor {
  return tidy(() => {
    const given = asTensor(alpha);
    if (given.rank === 0) refuseArgument('dirichlet', 'alpha must have at least one axis, but is a scalar.');
    const result = sampleShape('dirichlet', askedShape('dirichlet', shape), [given.shape.slice(0, -1)]);
    return perform(operation, key, { shape: [...result, given.shape[given.rank - 1]] }, [given]);
  });
}
