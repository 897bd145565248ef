import type { Tensor } from '@tensorflow/tfjs-core';
import { fma } from './float32.js';
import type { PRNGKey } from './key.js';
import { drawNormal } from './normal.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { checkShape } from './perform.js';
import { drawSigns } from './rademacher.js';
import { derived } from './schemes.js';

const operation = /* @__PURE__ */ parametric(
  'doubleSidedMaxwell',
  'float32',
  (key, count, scheme, locations: ParameterValues, scales: ParameterValues) => {
    const [maxwellKey, signKey] = derived(key, 2, scheme);
    const xyz = drawNormal(maxwellKey, 3 * count, scheme);
    const signs = drawSigns(signKey, count, scheme);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const x = xyz[3 * i];
      const y = xyz[3 * i + 1];
      const z = xyz[3 * i + 2];
      const length = Math.fround(Math.sqrt(fma(z, z, fma(x, x, Math.fround(y * y)))));
      values[i] = fma(signs[i] * length, valueAt(scales, i), valueAt(locations, i));
    }
    return values;
  },
);

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
  const asked = checkShape('doubleSidedMaxwell', shape);
  return sampleWith(operation, key, null, [loc, scale], {
    extend: (common) => [...(asked.length === 0 ? common : asked), ...common],
  });
}
