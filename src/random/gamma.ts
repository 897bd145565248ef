import type { Tensor } from '@tensorflow/tfjs-core';
import { erfInv, fma, fromBits, log, log1p } from './float32.js';
import { TINY } from './gumbel.js';
import type { PRNGKey } from './key.js';
import { ABOVE_MINUS_ONE } from './normal.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { fillKeys, singleWord, type Scheme } from './schemes.js';

const { fround, sqrt } = Math;
const THIRD = fround(1 / 3);
const SQUEEZE = fround(0.0331);
const SQRT2 = fround(Math.SQRT2);
const NORMAL_SPAN = fround(1 - ABOVE_MINUS_ONE);

const two = new Uint32Array(4);
const three = new Uint32Array(6);

function singleUniform(key0: number, key1: number, scheme: Scheme): number {
  return fromBits((singleWord(key0, key1, scheme) >>> 9) | 0x3f800000) - 1;
}

function singleNormal(key0: number, key1: number, scheme: Scheme): number {
  const u = fma(singleUniform(key0, key1, scheme), NORMAL_SPAN, ABOVE_MINUS_ONE);
  return fround(SQRT2 * erfInv(Math.max(ABOVE_MINUS_ONE, u)));
}

/**
 * One sample, or its logarithm, by Marsaglia & Tsang, "A simple method for generating gamma variables" (2000); for `alpha` below 1 the
 * sample for `alpha + 1` times a power of a uniform one. Every round takes the keys that JAX takes.
 */
function sampleGamma(key0: number, key1: number, alpha: number, scheme: Scheme, logSpace: boolean): number {
  const boosted = !(alpha >= 1);
  const d = fround((boosted ? fround(alpha + 1) : alpha) - THIRD);

  const c = fround(THIRD / fround(sqrt(d)));
  fillKeys(two, key0, key1, scheme);
  let [next0, next1] = two;
  const [, , boost0, boost1] = two;
  let X = 0;
  let V = 1;
  let U = 2;
  while (
    U >= fma(-SQUEEZE, fround(X * X), 1) &&
    log(U) >= fma(X, 0.5, fround(d * fround(fround(1 - V) + log(V))))
  ) {
    fillKeys(three, next0, next1, scheme);
    next0 = three[0];
    next1 = three[1];
    let x0 = three[2];
    let x1 = three[3];
    let x: number;
    let v: number;
    do {
      fillKeys(two, x0, x1, scheme);
      [x0, x1] = two;
      x = singleNormal(two[2], two[3], scheme);
      v = fma(x, c, 1);
    } while (v <= 0);
    X = fround(x * x);
    V = fround(fround(v * v) * v);
    U = singleUniform(three[4], three[5], scheme);
  }
  if (logSpace) {
    const logU = log1p(-singleUniform(boost0, boost1, scheme));
    const boost = !boosted || logU === 0 ? 0 : fround(logU * fround(1 / alpha));
    return fround(fround(log(d) + log(V)) + boost);
  }
  const u = 1 - singleUniform(boost0, boost1, scheme);
  const sample = fround(fround(d * V) * (boosted ? fround(u ** fround(1 / alpha)) : 1));
  // XLA's code takes subnormal numbers for zero.
  return sample < TINY ? 0 : sample;
}

/** Float32 values of the gamma distribution of shape `alpha` and scale 1, or their logarithms. */
export function drawGamma(
  key: PRNGKey,
  count: number,
  scheme: Scheme,
  alpha: ParameterValues,
  logSpace = false,
): Float32Array {
  const keys = new Uint32Array(2 * count);
  fillKeys(keys, key[0], key[1], scheme);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = sampleGamma(keys[2 * i], keys[2 * i + 1], valueAt(alpha, i), scheme, logSpace);
  }
  return values;
}

const operation = /* @__PURE__ */ parametric(
  'gamma',
  'float32',
  (key, count, scheme, alpha: ParameterValues) => drawGamma(key, count, scheme, alpha),
);

/**
 * Float32 samples of the gamma distribution of shape parameter `a` and scale 1, as `jax.random.gamma`: for `a ≥ 1` the same bits but for
 * a sample in some thousands (XLA fuses the rejection loop in a way of its own), for smaller `a` to about 1e-5 (XLA's powers are not exact).
 *
 * @param shape of the result; default the shape of `a`
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function gamma(key: PRNGKey, a: Parameter, shape?: readonly number[] | null): Tensor {
  return sampleWith(operation, key, shape, [a]);
}
