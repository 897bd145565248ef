import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { erfInv, nextAfter } from './float32.js';
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
import { drawTruncated, erfOfBound } from './truncated-between.js';
import { drawUniformBetween } from './uniform.js';

const SQRT2 = Math.fround(Math.SQRT2);

interface Attributes extends WithScheme {
  readonly shape: number[];
  readonly lower: ParameterAttribute;
  readonly upper: ParameterAttribute;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'truncatedNormal',
  abstract: samples('float32'),
  run({ keys: [key], tensors, attributes: { shape, lower, upper, scheme } }) {
    const count = sizeOf(shape);
    if (typeof lower === 'number' && typeof upper === 'number') {
      return tensor(drawTruncated(key, count, scheme, lower, upper), shape, 'float32');
    }
    const boundsOf = (attribute: ParameterAttribute): Float32Array => {
      const values = parameterValues(attribute, tensors, shape);
      return Float32Array.from({ length: count }, (_, i) => valueAt(values, i));
    };
    const [lows, highs] = [boundsOf(lower), boundsOf(upper)];
    const values = drawUniformBetween(key, count, scheme, lows.map(erfOfBound), highs.map(erfOfBound));
    for (let i = 0; i < count; i++) {
      const lowest = nextAfter(lows[i], Infinity);
      const highest = nextAfter(highs[i], -Infinity);
      values[i] = Math.min(highest, Math.max(lowest, Math.fround(SQRT2 * erfInv(values[i]))));
    }
    return tensor(values, shape, 'float32');
  },
};

/**
 * Float32 samples of the standard normal distribution within the open interval `(lower, upper)`, as `jax.random.truncated_normal`.
 *
 * @param shape of the result; default the shape that `lower` and `upper` broadcast to
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function truncatedNormal(
  key: PRNGKey,
  lower: Parameter,
  upper: Parameter,
  shape?: readonly number[] | null,
): Tensor {
  return tidy(() => {
    const list = new ParameterList();
    const attributes = { lower: list.add(lower), upper: list.add(upper) };
    const result = sampleShape(
      'truncatedNormal',
      shape == null ? null : checkShape('truncatedNormal', shape),
      [list.shapeOf(attributes.lower), list.shapeOf(attributes.upper)],
    );
    return perform(operation, key, { ...attributes, shape: result }, list.tensors);
  });
}
