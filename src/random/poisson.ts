import type { Tensor } from '@tensorflow/tfjs-core';
import { drawUniform } from './draw.js';
import { fma, log, log1p } from './float32.js';
import type { PRNGKey } from './key.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { derived, type Scheme } from './schemes.js';

const { abs, fround, sqrt } = Math;

/** From this rate on, rejection is faster than counting. */
const REJECTION_FROM = 10;

/** Counts how many uniform numbers can be multiplied before the product falls below `exp(−rate)` (Knuth), for the small rates. */
function countProducts(key: PRNGKey, rates: Float32Array, scheme: Scheme, out: Int32Array): void {
  const logs = new Float32Array(rates.length);
  const small = (i: number): boolean => !(rates[i] >= REJECTION_FROM);
  let current = key;
  let open = rates.some((_, i) => small(i));
  out.forEach((_, i) => small(i) && (out[i] = -1));
  while (open) {
    const [next, sub] = derived(current, 2, scheme);
    current = next;
    const u = drawUniform(sub, rates.length, scheme);
    open = false;
    for (let i = 0; i < rates.length; i++) {
      if (!small(i) || !(logs[i] > -rates[i])) continue;
      out[i]++;
      logs[i] += log(u[i]);
      open ||= logs[i] > -rates[i];
    }
  }
}

const LANCZOS = Float32Array.of(
  676.5203681218851,
  -1259.1392167224028,
  771.3234287776531,
  -176.6150291621406,
  12.507343278686905,
  -0.13857109526572012,
  9.984369578019572e-6,
  1.5056327351493116e-7,
);
const LOG_SQRT_TWO_PI = fround(0.9189385332046727);
const LOG_7_5 = fround(Math.log(7.5));

/** Logarithm of `n!` by Lanczos' series in float32, as XLA has it. */
function logFactorial(n: number): number {
  let series = 1;
  for (let i = 0; i < LANCZOS.length; i++) series = fround(series + fround(LANCZOS[i] / fround(n + i + 1)));
  const t = fround(n + 7.5);
  const logT = fround(LOG_7_5 + log1p(fround(n * fround(1 / 7.5))));
  const power = fma(fround(fround(n + 0.5) - fround(t / logT)), logT, LOG_SQRT_TWO_PI);
  return fround(power + log(series));
}

/**
 * Transformed rejection (Hörmann, "The transformed rejection method for generating Poisson random variables", 1993), for the large rates.
 * As in JAX, all elements take part in all rounds, the small rates as a large one, and a later accepted value replaces an earlier one:
 * the last round is that in which the last element is accepted for the first time.
 */
function reject(key: PRNGKey, rates: Float32Array, scheme: Scheme, out: Int32Array): void {
  const accepted = new Uint8Array(rates.length);
  let open = rates.some((rate) => rate >= REJECTION_FROM) ? rates.length : 0;
  let current = key;
  while (open > 0) {
    const [next, keyU, keyV] = derived(current, 3, scheme);
    current = next;
    const us = drawUniform(keyU, rates.length, scheme);
    const vs = drawUniform(keyV, rates.length, scheme);
    for (let i = 0; i < rates.length; i++) {
      const large = rates[i] >= REJECTION_FROM;
      const k = propose(large ? rates[i] : 1e5, us[i], vs[i]);
      if (k === null) continue;
      if (large) out[i] = k;
      if (accepted[i] === 0) open--;
      accepted[i] = 1;
    }
  }
}

/** One round: the value that two uniform numbers give, or `null` if they are rejected. */
function propose(rate: number, uniform: number, v: number): number | null {
  const b = fma(fround(2.53), fround(sqrt(rate)), fround(0.931));
  const a = fma(fround(0.02483), b, fround(-0.059));
  const u = fround(uniform - 0.5);
  const shifted = fround(0.5 - abs(u));
  const slope = fround(fround(fround(2 * a) / shifted) + b);
  const k = Math.floor(fround(fma(slope, u, rate) + fround(0.43)));
  const limit = fround(fround(0.9277) - fround(fround(3.6224) / fround(b - 2)));
  if (shifted >= fround(0.07) && v <= limit) return k;
  if (k < 0 || (shifted < fround(0.013) && v > shifted)) return null;
  const inverseAlpha = fround(fround(1.1239) + fround(fround(1.1328) / fround(b - fround(3.4))));
  const width = fround(fround(a / fround(shifted * shifted)) + b);
  const s = log(fround(fround(v * inverseAlpha) / width));
  const t = fround(fma(k, log(rate), -rate) - logFactorial(k));
  return s <= t ? k : null;
}

const operation = /* @__PURE__ */ parametric(
  'poisson',
  'int32',
  (key, count, scheme, given: ParameterValues) => {
    const rates = Float32Array.from({ length: count }, (_, i) => valueAt(given, i));
    const values = new Int32Array(count);
    countProducts(key, rates, scheme, values);
    reject(key, rates, scheme, values);
    return values.map((value, i) => (rates[i] === 0 ? 0 : value));
  },
);

/**
 * Int32 samples of the Poisson distribution of rate `lam`, as `jax.random.poisson`. From a rate of 10 on a sample is accepted by a comparison that
 * takes a log-gamma function: where both sides agree to the last bits, XLA may decide otherwise (never seen in the goldens).
 *
 * @param shape of the result; default the shape of `lam`
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function poisson(key: PRNGKey, lam: Parameter, shape?: readonly number[] | null): Tensor {
  return sampleWith(operation, key, shape, [lam]);
}
