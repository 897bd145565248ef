import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { drawGamma } from './gamma.js';
import type { PRNGKey } from './key.js';
import {
  ParameterList,
  parameterValues,
  sampleShape,
  type Parameter,
  type ParameterAttribute,
} from './parameters.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';
import { derived } from './schemes.js';

interface Attributes extends WithScheme {
  readonly shape: number[];
  readonly a: ParameterAttribute;
  readonly b: ParameterAttribute;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'beta',
  abstract: samples('float32'),
  run({ keys: [key], tensors, attributes: { shape, a, b, scheme } }) {
    const count = sizeOf(shape);
    const [keyA, keyB] = derived(key, 2, scheme);
    // In log space, because small parameters make samples that float32 does not hold.
    const logA = drawGamma(keyA, count, scheme, parameterValues(a, tensors, shape), true);
    const logB = drawGamma(keyB, count, scheme, parameterValues(b, tensors, shape), true);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const largest = Math.max(logA[i], logB[i]);
      const scaledA = Math.exp(Math.fround(logA[i] - largest));
      const scaledB = Math.exp(Math.fround(logB[i] - largest));
      values[i] = scaledA / (scaledA + scaledB);
    }
    return tensor(values, shape, 'float32');
  },
};

/**
 * Float32 samples of the beta distribution, as `jax.random.beta` to about 1e-6: its last step is an exponential, which XLA computes in its own way.
 *
 * @param shape of the result; default the shape that `a` and `b` broadcast to
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function beta(key: PRNGKey, a: Parameter, b: Parameter, shape?: readonly number[] | null): Tensor {
  return tidy(() => {
    const list = new ParameterList();
    const attributes = { a: list.add(a), b: list.add(b) };
    const asked = shape == null ? null : checkShape('beta', shape);
    const result = sampleShape('beta', asked, [list.shapeOf(attributes.a), list.shapeOf(attributes.b)]);
    return perform(operation, key, { ...attributes, shape: result }, list.tensors);
  });
}
