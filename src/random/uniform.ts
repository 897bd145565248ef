import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { drawUniform } from './draw.js';
import { fma } from './float32.js';
import type { PRNGKey } from './key.js';
import {
  ParameterList,
  parameterValues,
  sampleShape,
  valueAt,
  type Parameter,
  type ParameterAttribute,
  type ParameterValues,
} from './parameters.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';
import type { Scheme } from './schemes.js';

/** Options of {@link uniform}. */
export interface UniformOptions {
  /** Least value, itself possible. Default 0. */
  readonly minval?: Parameter;
  /** Upper end, itself left out. Default 1. */
  readonly maxval?: Parameter;
}

/** Uniform float32 values whose range may differ from one to the next. */
export function drawUniformBetween(
  key: PRNGKey,
  count: number,
  scheme: Scheme,
  minval: ParameterValues,
  maxval: ParameterValues,
): Float32Array {
  if (typeof minval === 'number' && typeof maxval === 'number') {
    return drawUniform(key, count, scheme, minval, maxval);
  }
  const values = drawUniform(key, count, scheme);
  for (let i = 0; i < count; i++) {
    const low = valueAt(minval, i);
    values[i] = Math.max(low, fma(values[i], Math.fround(valueAt(maxval, i) - low), low));
  }
  return values;
}

interface Attributes extends WithScheme {
  readonly shape: number[];
  readonly minval: ParameterAttribute;
  readonly maxval: ParameterAttribute;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'uniform',
  abstract: samples('float32'),
  run({ keys: [key], tensors, attributes: { shape, minval, maxval, scheme } }) {
    const low = parameterValues(minval, tensors, shape);
    const high = parameterValues(maxval, tensors, shape);
    return tensor(drawUniformBetween(key, sizeOf(shape), scheme, low, high), shape, 'float32');
  },
};

/**
 * Uniform float32 samples in `[minval, maxval)`, as `jax.random.uniform`.
 *
 * @param shape of the result; default a scalar. Tensors in `minval` and `maxval` must broadcast to it.
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function uniform(key: PRNGKey, shape: readonly number[] = [], options: UniformOptions = {}): Tensor {
  return tidy(() => {
    const list = new ParameterList();
    const minval = list.add(options.minval ?? 0);
    const maxval = list.add(options.maxval ?? 1);
    const result = sampleShape('uniform', checkShape('uniform', shape), [
      list.shapeOf(minval),
      list.shapeOf(maxval),
    ]);
    return perform(operation, key, { shape: result, minval, maxval }, list.tensors);
  });
}
