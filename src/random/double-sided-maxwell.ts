import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { fma } from './float32.js';
import type { PRNGKey } from './key.js';
import { drawNormal } from './normal.js';
import {
  ParameterList,
  parameterValues,
  sampleShape,
  valueAt,
  type Parameter,
  type ParameterAttribute,
} from './parameters.js';
import { checkShape, perform, samples, sizeOf, type WithScheme } from './perform.js';
import { drawSigns } from './rademacher.js';
import { derived } from './schemes.js';

interface Attributes extends WithScheme {
  readonly shape: number[];
  readonly loc: ParameterAttribute;
  readonly scale: ParameterAttribute;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'doubleSidedMaxwell',
  abstract: samples('float32'),
  run({ keys: [key], tensors, attributes: { shape, loc, scale, scheme } }) {
    const count = sizeOf(shape);
    const [maxwellKey, signKey] = derived(key, 2, scheme);
    const xyz = drawNormal(maxwellKey, 3 * count, scheme);
    const signs = drawSigns(signKey, count, scheme);
    const locations = parameterValues(loc, tensors, shape);
    const scales = parameterValues(scale, tensors, shape);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const x = xyz[3 * i];
      const y = xyz[3 * i + 1];
      const z = xyz[3 * i + 2];
      const length = Math.fround(Math.sqrt(fma(z, z, fma(x, x, Math.fround(y * y)))));
      values[i] = fma(signs[i] * length, valueAt(scales, i), valueAt(locations, i));
    }
    return tensor(values, shape, 'float32');
  },
};

/**
 * Float32 samples `loc ± scale · m` with `m` of the Maxwell distribution, as `jax.random.double_sided_maxwell`.
 *
 * @param shape default the shape `s` that `loc` and `scale` broadcast to
 * @returns `[...shape, ...s]`: as in JAX, the shape of the parameters comes on top of the one asked for
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function doubleSidedMaxwell(
  key: PRNGKey,
  loc: Parameter,
  scale: Parameter,
  shape: readonly number[] = [],
): Tensor {
  return tidy(() => {
    const list = new ParameterList();
    const attributes = { loc: list.add(loc), scale: list.add(scale) };
    const asked = checkShape('doubleSidedMaxwell', shape);
    const common = sampleShape('doubleSidedMaxwell', null, [
      list.shapeOf(attributes.loc),
      list.shapeOf(attributes.scale),
    ]);
    const result = [...(asked.length === 0 ? common : asked), ...common];
    return perform(operation, key, { ...attributes, shape: result }, list.tensors);
  });
}
