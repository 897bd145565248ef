import type { Tensor } from '@tensorflow/tfjs-core';
import { fma, fround } from './float32.js';
import type { PRNGKey } from './key.js';
import { drawNormal } from './normal.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { checkShape } from './perform.js';
import { drawSigns } from './rademacher.js';
import { derived } from './schemes.js';

/** From this many values on, XLA runs a step in a loop of its own, without fused multiply-adds. */
const UNFUSED_FROM = 4096;

function squaredLength(x: number, y: number, z: number, fused: boolean): number {
  if (fused) return fma(z, z, fma(x, x, fround(y * y)));
  return fround(fround(fround(x * x) + fround(z * z)) + fround(y * y));
}

const operation = /* @__PURE__ */ parametric(
  'doubleSidedMaxwell',
  'float32',
  (key, count, scheme, locations: ParameterValues, scales: ParameterValues) => {
    const [maxwellKey, signKey] = derived(key, 2, scheme);
    const xyz = drawNormal(maxwellKey, 3 * count, scheme);
    const signs = drawSigns(signKey, count, scheme);
    const fused = xyz.length < UNFUSED_FROM;
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const length = fround(Math.sqrt(squaredLength(xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2], fused)));
      const scaled = signs[i] * length;
      const scale = valueAt(scales, i);
      const location = valueAt(locations, i);
      values[i] = count < UNFUSED_FROM ? fma(scaled, scale, location) : fround(scaled * scale) + location;
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
