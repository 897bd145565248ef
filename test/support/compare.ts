import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';

type Values = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** Asserts equal bits. */
export function expectBits(actual: Values | Tensor, expected: Values, what = 'array'): void {
  const values = 'dataSync' in actual ? (actual.dataSync() as Values) : actual;
  expect(values.length, `${what}: length`).to.equal(expected.length);
  const bits = (array: Values): ArrayLike<number> =>
    array instanceof Float32Array ? new Uint32Array(array.buffer, array.byteOffset, array.length) : array;
  const a = bits(values);
  const b = bits(expected);
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) expect.fail(`${what}[${i}]: ${values[i]} differs from ${expected[i]}`);
  }
}

/** Asserts that no value differs by more than `tolerance` times the largest expected magnitude (at least `smallest`). */
export function expectClose(
  actual: Values | Tensor,
  expected: Values,
  tolerance: number,
  what = 'array',
  smallest = 1e-3,
): void {
  const values = 'dataSync' in actual ? (actual.dataSync() as Values) : actual;
  expect(values.length, `${what}: length`).to.equal(expected.length);
  let scale = smallest;
  for (const value of expected) scale = Math.max(scale, Math.abs(value));
  for (let i = 0; i < values.length; i++) {
    const a = values[i];
    const b = expected[i];
    const same = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * scale;
    if (!same) expect.fail(`${what}[${i}]: ${a} differs from ${b} by more than ${tolerance} of ${scale}`);
  }
}
