import { tensor, tidy, type DataType, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { values } from '../../support/values.js';

export type Dtype = 'float32' | 'int32' | 'bool';

/** An array of the reference: values in double precision, row by row. */
export interface Nd {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype: Dtype;
}

export type Index = readonly number[];

export function sizeOf(shape: Index): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** All indices of a shape, the last axis fastest. */
export function* indices(shape: Index): Generator<number[]> {
  const count = sizeOf(shape);
  for (let flat = 0; flat < count; flat++) {
    let rest = flat;
    const index = new Array<number>(shape.length);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    yield index;
  }
}

export function build(shape: Index, f: (index: number[]) => number, dtype: Dtype = 'float32'): Nd {
  return { shape, values: Array.from(indices(shape), f), dtype };
}

export function flat(shape: Index, index: Index): number {
  return index.reduce((sum, i, axis) => sum * shape[axis] + i, 0);
}

/** The entry at an index, which is aligned at the last axis and broadcast. */
export function at({ shape, values: all }: Nd, index: Index): number {
  const own = shape.map((size, axis) => (size === 1 ? 0 : index[index.length - shape.length + axis]));
  return all[flat(shape, own)];
}

/** The entry at an index, 0 outside. */
export function orZero({ shape, values: all }: Nd, index: Index): number {
  return index.every((i, axis) => i >= 0 && i < shape[axis]) ? all[flat(shape, index)] : 0;
}

/** Values that kernels get wrong when they get anything wrong. */
const edges = [
  0,
  -0,
  1,
  -1,
  NaN,
  Infinity,
  -Infinity,
  1e-7,
  -1e-7,
  1e-20,
  0.5,
  -0.5,
  2,
  89,
  -104,
  1e6,
  -3e38,
];

/** Reproducible values; `kind` says how wild: `plain` in [-2, 2), `edges` with NaN, infinities and tiny numbers among them. */
export function random(
  shape: Index,
  seed: number,
  dtype: Dtype = 'float32',
  kind: 'plain' | 'edges' = 'plain',
): Nd {
  const raw = values(sizeOf(shape), seed + 1);
  return {
    shape,
    dtype,
    values: Array.from(raw, (v, i) => {
      if (dtype === 'bool') return v > 0 ? 1 : 0;
      if (dtype === 'int32') return Math.round(5 * v);
      if (kind === 'edges' && (seed + i) % 3 === 0) return Math.fround(edges[Math.floor((v + 1) * 8.5)]);
      return Math.fround(2 * v);
    }),
  };
}

export function toTensor(x: Nd): Tensor {
  const data =
    x.dtype === 'float32'
      ? Float32Array.from(x.values)
      : x.dtype === 'bool'
        ? Uint8Array.from(x.values)
        : Int32Array.from(x.values);
  return tensor(data, [...x.shape], x.dtype);
}

export interface Tolerance {
  /** Of the largest finite value of the array. */
  readonly ofLargest?: number;
  /** Of each value by itself. */
  readonly ofEach?: number;
  readonly absolute?: number;
}

function message(what: string, i: number, actual: number, wanted: number): string {
  return `${what}[${i}]: ${actual} is not ${wanted}`;
}

/** Asserts shape, dtype and values; not-a-number and infinite values must be where the reference has them. */
export function expectSame(
  actual: Tensor,
  expected: Nd,
  { ofLargest = 0, ofEach = 0, absolute = 1.2e-38 }: Tolerance = {},
  what = 'value',
): void {
  expect(actual.shape, `${what}: shape`).to.deep.equal([...expected.shape]);
  expect(actual.dtype, `${what}: dtype`).to.equal(expected.dtype satisfies DataType);
  let largest = 0;
  for (const value of expected.values)
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  for (const [i, value] of actual.dataSync().entries()) {
    const wanted = expected.dtype === 'float32' ? Math.fround(expected.values[i]) : expected.values[i];
    const room =
      ofLargest * largest + ofEach * Math.abs(wanted) + (expected.dtype === 'float32' ? absolute : 0);
    // The last finite number and infinity are neighbours.
    if (value === wanted || (Number.isNaN(value) && Number.isNaN(wanted)) || Math.abs(value - wanted) <= room)
      continue;
    if (Math.abs(wanted) > 3.4e38 && Math.abs(value) > 3.4e38 && value * wanted > 0) continue;
    expect.fail(message(what, i, value, wanted));
  }
}

/** Runs `check` on many cases in a tidy of its own, the same cases each time. */
export function forAll<Case>(cases: fc.Arbitrary<Case>, check: (given: Case) => void, numRuns = 150): void {
  fc.assert(
    fc.property(cases, (given) => {
      tidy(() => {
        check(given);
      });
    }),
    { numRuns, seed: Number(process.env.DIFFERENTIAL_SEED ?? 20) },
  );
}

export const seeds = fc.nat(9999);
/** Sizes of an axis, an empty one now and then. */
export const sizes = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 2, arbitrary: fc.integer({ min: 6, max: 21 }) },
);

/** Shapes of rank `min` to `max`, of not many entries. */
export function shapes(min = 0, max = 7, size: fc.Arbitrary<number> = sizes): fc.Arbitrary<number[]> {
  return fc.array(size, { minLength: min, maxLength: max }).filter((shape) => sizeOf(shape) <= 2000);
}

/** A shape and one that broadcasts with it. */
export const broadcastPairs: fc.Arbitrary<[number[], number[]]> = shapes().chain((shape) =>
  fc
    .tuple(
      fc.array(fc.nat(3), { minLength: shape.length, maxLength: shape.length }),
      fc.array(fc.nat(5), { minLength: shape.length, maxLength: shape.length }),
      fc.nat(shape.length),
      fc.boolean(),
    )
    .map(([keepA, keepB, cut, swap]): [number[], number[]] => {
      const a = shape.map((n, axis) => (keepA[axis] === 0 ? 1 : n));
      const b = shape.map((n, axis) => (keepB[axis] === 0 ? 1 : n)).slice(cut % 2 === 0 ? 0 : cut);
      return swap ? [b, a] : [a, b];
    }),
);

/** An axis of a rank, counted from either end. */
export function axesOf(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
