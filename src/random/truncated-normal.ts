import type { Tensor } from '@tensorflow/tfjs-core';
import { erfInv, nextAfter } from './float32.js';
import type { PRNGKey } from './key.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { drawTruncated, erfOfBound } from './truncated-between.js';
import { drawUniformBetween } from './uniform.js';

const SQRT2 = Math.fround(Math.SQRT2);

const operation = /* @__PURE__ */ parametric(
  'truncatedNormal',
  'float32',
  (key, count, scheme, lower: ParameterValues, upper: ParameterValues) => {
    if (typeof lower === 'number' && typeof upper === 'number') {
      return drawTruncated(key, count, scheme, lower, upper);
    }
    const boundsOf = (values: ParameterValues): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => valueAt(values, i));
    const [lows, highs] = [boundsOf(lower), boundsOf(upper)];
    const values = drawUniformBetween(key, count, scheme, lows.map(erfOfBound), highs.map(erfOfBound));
    return values.map((value, i) =>
      Math.min(
        nextAfter(highs[i], -Infinity),
        Math.max(nextAfter(lows[i], Infinity), Math.fround(SQRT2 * erfInv(value))),
      ),
    );
  },
);

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
  return sampleWith(operation, key, shape, [lower, upper]);
}
