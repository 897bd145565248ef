import type { Tensor } from '@tensorflow/tfjs-core';
import { drawUniform } from './draw.js';
import { fma } from './float32.js';
import type { PRNGKey } from './key.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { checkShape } from './perform.js';
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

const operation = /* @__PURE__ */ parametric('uniform', 'float32', drawUniformBetween);

/**
 * Uniform float32 samples in `[minval, maxval)`, as `jax.random.uniform`.
 *
 * @param shape of the result; default a scalar. Tensors in `minval` and `maxval` must broadcast to it.
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function uniform(key: PRNGKey, shape: readonly number[] = [], options: UniformOptions = {}): Tensor {
  const { minval = 0, maxval = 1 } = options;
  return sampleWith(operation, key, checkShape('uniform', shape), [minval, maxval]);
}
