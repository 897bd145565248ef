import type { Tensor } from '@tensorflow/tfjs-core';
import { drawWords } from './draw.js';
import type { PRNGKey } from './key.js';
import { parametric, sampleWith, valueAt, type Parameter, type ParameterValues } from './parameters.js';
import { checkShape, checkWhole } from './perform.js';
import { derived, type Scheme } from './schemes.js';

const LARGEST = 2 ** 31 - 1;

/** Remainder of unsigned 32-bit numbers; a divisor of 0 stands for 2^32. */
function remainder(a: number, span: number): number {
  return span === 0 ? a : (a >>> 0) % (span >>> 0);
}

/** 2^32 modulo the span, by which the higher word counts: (a · b) mod n = ((a mod n) · (b mod n)) mod n. */
function multiplierOf(span: number): number {
  const half = remainder(65536, span);
  return remainder(Math.imul(half, half) >>> 0, span);
}

function spanOf(low: number, high: number): number {
  return high <= low ? 1 : (high - low) >>> 0;
}

/** Int32 values in `[minval, maxval)`; `minval` where that is empty. A `maxval` of 2^31 includes the largest int32. */
export function drawIntegers(
  key: PRNGKey,
  count: number,
  scheme: Scheme,
  minval: ParameterValues,
  maxval: ParameterValues,
): Int32Array {
  const [higherKey, lowerKey] = derived(key, 2, scheme);
  const higher = drawWords(higherKey, count, scheme);
  const lower = drawWords(lowerKey, count, scheme);
  const values = new Int32Array(count);
  const shared = typeof minval === 'number' && typeof maxval === 'number';
  let low = valueAt(minval, 0);
  let span = spanOf(low, valueAt(maxval, 0));
  let multiplier = multiplierOf(span);
  for (let i = 0; i < count; i++) {
    if (!shared) {
      low = valueAt(minval, i);
      span = spanOf(low, valueAt(maxval, i));
      multiplier = multiplierOf(span);
    }
    const offset = (Math.imul(remainder(higher[i], span), multiplier) + remainder(lower[i], span)) >>> 0;
    values[i] = low + remainder(offset, span);
  }
  return values;
}

const operation = /* @__PURE__ */ parametric('randint', 'int32', drawIntegers);

function checkBound(name: string, bound: Parameter, largest: number): void {
  if (typeof bound === 'number') checkWhole('randint', name, bound, [-LARGEST - 1, largest]);
}

/**
 * Int32 samples in `[minval, maxval)`, as `jax.random.randint`; all are `minval` where `maxval ≤ minval`.
 * Spans that are not a power of 2 have the bias that JAX has, at most `span / 2^32`.
 *
 * @param maxval up to 2^31, which includes the largest int32 (a uint32 array in JAX).
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid` for bounds that are no int32
 */
export function randint(
  key: PRNGKey,
  shape: readonly number[],
  minval: Parameter,
  maxval: Parameter,
): Tensor {
  checkBound('minval', minval, LARGEST);
  checkBound('maxval', maxval, LARGEST + 1);
  return sampleWith(operation, key, checkShape('randint', shape), [minval, maxval], { dtype: 'int32' });
}
