import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { drawUniform } from './draw.js';
import type { PRNGKey } from './key.js';
import {
  ParameterList,
  parameterValues,
  sampleShape,
  valueAt,
  type Parameter,
  type ParameterAttribute,
} from './parameters.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';

interface Attributes extends WithScheme {
  readonly shape: number[];
  readonly p: ParameterAttribute;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'bernoulli',
  abstract: samples('bool'),
  run({ keys: [key], tensors, attributes: { shape, p, scheme } }) {
    const probabilities = parameterValues(p, tensors, shape);
    const u = drawUniform(key, sizeOf(shape), scheme);
    const values = new Uint8Array(u.length);
    for (let i = 0; i < u.length; i++) values[i] = u[i] < valueAt(probabilities, i) ? 1 : 0;
    return tensor(values, shape, 'bool');
  },
};

/**
 * Bool samples that are true with probability `p`, as `jax.random.bernoulli`.
 *
 * @param p a number or a tensor of float32; default 0.5
 * @param shape of the result; default the shape of `p`
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function bernoulli(key: PRNGKey, p: Parameter = 0.5, shape?: readonly number[] | null): Tensor {
  return tidy(() => {
    const list = new ParameterList();
    const attribute = list.add(p);
    const asked = shape == null ? null : checkShape('bernoulli', shape);
    const result = sampleShape('bernoulli', asked, [list.shapeOf(attribute)]);
    return perform(operation, key, { shape: result, p: attribute }, list.tensors);
  });
}
