import { tensor, tidy, type Tensor, type TensorLike } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { abstractTensor } from '../backend/shapes/abstract.js';
import type { PRNGKey } from './key.js';
import { drawNormal } from './normal.js';
import { askedShape, asTensor, parameterValues, sampleShape, valueAt } from './parameters.js';
import { perform, refuseArgument, sizeOf, type WithScheme } from './perform.js';

/** The lower triangular `L` with `L · Lᵀ` = the `n × n` matrix at `at`; `NaN` in it where the matrix is not positive definite. */
function cholesky(matrices: ArrayLike<number>, at: number, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrices[at + i * n + j];
      for (let k = 0; k < j; k++) rest -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i === j ? Math.sqrt(rest) : rest / factor[j * n + j];
    }
  }
  return factor;
}

const operation: RandomOperation<{ readonly shape: number[]; readonly n: number } & WithScheme, Tensor> = {
  name: 'multivariateNormal',
  abstract: ({ attributes: { shape, n } }) => abstractTensor([...shape, n], 'float32'),
  run({ keys: [key], tensors, attributes: { shape, n, scheme } }) {
    const means = parameterValues({ tensor: 0 }, tensors, [...shape, n]);
    // One matrix is factored once, however many samples there are.
    const shared = tensors[1].rank === 2;
    const matrices = shared
      ? tensors[1].dataSync()
      : (parameterValues({ tensor: 1 }, tensors, [...shape, n, n]) as Float32Array);
    const values = new Float32Array(sizeOf(shape) * n);
    const noise = drawNormal(key, values.length, scheme);
    let factor = shared ? cholesky(matrices, 0, n) : new Float64Array(0);
    for (let start = 0; start < values.length; start += n) {
      if (!shared) factor = cholesky(matrices, start * n, n);
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j <= i; j++) sum += factor[i * n + j] * noise[start + j];
        values[start + i] = valueAt(means, start + i) + sum;
      }
    }
    return tensor(values, [...shape, n], 'float32');
  },
};

/**
 * Float32 samples of the normal distribution of several variables, as `jax.random.multivariate_normal` with its default method, the Cholesky
 * decomposition. The noise is the same to the bit; the decomposition and the product are float64 here and LAPACK's float32 there, so the samples
 * agree to about 1e-6 of the largest, less for matrices near to singular. `NaN` for matrices that are not positive definite.
 *
 * @param mean `[..., n]`
 * @param cov `[..., n, n]`, symmetric, positive definite
 * @param shape of the result without its last axis; default the one that the leading axes of `mean` and `cov` broadcast to
 * @returns `[...shape, n]`
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid`
 */
export function multivariateNormal(
  key: PRNGKey,
  mean: Tensor | TensorLike,
  cov: Tensor | TensorLike,
  shape?: readonly number[] | null,
): Tensor {
  return tidy(() => {
    const [means, matrices] = [mean, cov].map((value) => asTensor(value));
    const n = means.shape[means.rank - 1];
    const last = matrices.shape.slice(-2);
    if (means.rank < 1 || matrices.rank < 2 || last[0] !== n || last[1] !== n) {
      refuseArgument(
        'multivariateNormal',
        `mean must be [..., n] and cov [..., n, n], but they are [${String(means.shape)}] and [${String(matrices.shape)}].`,
      );
    }
    const result = sampleShape('multivariateNormal', askedShape('multivariateNormal', shape), [
      means.shape.slice(0, -1),
      matrices.shape.slice(0, -2),
    ]);
    return perform(operation, key, { shape: result, n }, [means, matrices]);
  });
}
