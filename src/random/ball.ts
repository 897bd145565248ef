import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { abstractTensor } from '../backend/shapes/abstract.js';
import { drawExponential } from './exponential.js';
import { drawGamma } from './gamma.js';
import type { PRNGKey } from './key.js';
import { checkShape, checkWhole, perform, refuseArgument, sizeOf, type WithScheme } from './perform.js';
import { drawSigns } from './rademacher.js';
import { derived } from './schemes.js';

interface Attributes extends WithScheme {
  readonly shape: number[];
  readonly d: number;
  readonly p: number;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'ball',
  abstract: ({ attributes: { shape, d } }) => abstractTensor([...shape, d], 'float32'),
  run({ keys: [key], attributes: { shape, d, p, scheme } }) {
    const [pointKey, radiusKey] = derived(key, 2, scheme);
    const [gammaKey, signKey] = derived(pointKey, 2, scheme);
    const count = sizeOf(shape);
    // |x|^p of a generalized normal variable x has a gamma distribution.
    const powers = drawGamma(gammaKey, count * d, scheme, Math.fround(1 / p));
    const signs = drawSigns(signKey, count * d, scheme);
    const radii = drawExponential(radiusKey, count, scheme);
    const values = new Float32Array(count * d);
    for (let i = 0; i < count; i++) {
      let sum = radii[i];
      for (let j = i * d; j < (i + 1) * d; j++) sum += powers[j];
      const norm = sum ** (1 / p);
      for (let j = i * d; j < (i + 1) * d; j++) values[j] = (signs[j] * powers[j] ** (1 / p)) / norm;
    }
    return tensor(values, [...shape, d], 'float32');
  },
};

/**
 * Float32 points uniform in the unit ball of the `p`-norm in `d` dimensions, as `jax.random.ball` to about 1e-6: the powers are float64 here and the
 * C library's float32 there.
 *
 * @param shape of the result without its last axis; default a single point
 * @returns `[...shape, d]`
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid`
 */
export function ball(key: PRNGKey, d: number, p = 2, shape: readonly number[] = []): Tensor {
  checkWhole('ball', 'd', d, [0, Number.MAX_SAFE_INTEGER]);
  if (!(p > 0)) refuseArgument('ball', `p must be above 0, but is ${p}.`);
  return perform(operation, key, { shape: checkShape('ball', shape), d, p });
}
