import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  axesOf,
  build,
  expectSame,
  flat,
  forAll,
  indices,
  positive,
  random,
  seeds,
  shapes,
  sizeOf,
  toTensor,
  type Dtype,
  type Nd,
} from './array.js';

interface Case {
  readonly shape: number[];
  readonly axes: number[] | undefined;
  readonly keepDims: boolean;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = shapes().chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes:
      shape.length === 0
        ? fc.constant(undefined)
        : fc.option(
            fc.uniqueArray(axesOf(shape.length), {
              minLength: 1,
              selector: (axis) => positive(axis, shape.length),
            }),
            { nil: undefined },
          ),
    keepDims: fc.boolean(),
    seed: seeds,
  }),
);

/** Gathers what falls on each entry of the result, and reduces it. */
function reduce(x: Nd, { axes, keepDims }: Case, f: (terms: number[]) => number, dtype: Dtype): Nd {
  const gone = (axes ?? x.shape.map((_, axis) => axis)).map((axis) => positive(axis, x.shape.length));
  const kept = x.shape.map((n, axis) => (gone.includes(axis) ? 1 : n));
  const terms = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  for (const index of indices(x.shape)) {
    terms[
      flat(
        kept,
        index.map((i, axis) => (gone.includes(axis) ? 0 : i)),
      )
    ].push(x.values[flat(x.shape, index)]);
  }
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !gone.includes(axis));
  return { shape, values: terms.map(f), dtype };
}

const sum = (terms: number[]): number => terms.reduce((a, b) => a + b, 0);
const product = (terms: number[]): number => terms.reduce((a, b) => a * b, 1);
const max = (terms: number[]): number => terms.reduce((a, b) => Math.max(a, b), -Infinity);
const min = (terms: number[]): number => terms.reduce((a, b) => Math.min(a, b), Infinity);

type Run = (x: Tensor, axis: number[] | undefined, keepDims: boolean) => Tensor;

const ofFloats: Record<string, [Run, (terms: number[]) => number, 'plain' | 'edges']> = {
  sum: [tf.sum, sum, 'plain'],
  mean: [tf.mean, (terms) => sum(terms) / terms.length, 'plain'],
  prod: [tf.prod, product, 'plain'],
  max: [tf.max, max, 'edges'],
  min: [tf.min, min, 'edges'],
  'sum with infinities': [tf.sum, sum, 'edges'],
};

describe('reductions against a plain loop', () => {
  for (const [name, [run, f, kind]] of Object.entries(ofFloats)) {
    it(`${name} of float32`, () => {
      forAll(cases, (given) => {
        const drawn = random(given.shape, given.seed, 'float32', kind);
        // Sums of the largest numbers overflow in single precision alone.
        const x = {
          ...drawn,
          values: drawn.values.map((v) => (Math.abs(v) > 1e30 && Number.isFinite(v) ? 1 : v)),
        };
        // Of sums the rounding is relative to their terms, of which there are up to 2000 in [-2, 2).
        const tolerance = { absolute: 2e-5, ofEach: 2e-6 };
        expectSame(run(toTensor(x), given.axes, given.keepDims), reduce(x, given, f, 'float32'), tolerance);
      });
    });
  }

  it('sum, prod, max and min of int32, sum of bool, all and any', () => {
    forAll(cases, (given) => {
      const { shape, seed, axes, keepDims } = given;
      const x = random(shape, seed, 'int32');
      const t = toTensor(x);
      expectSame(tf.sum(t, axes, keepDims), reduce(x, given, sum, 'int32'));
      expectSame(
        tf.prod(t, axes, keepDims),
        reduce(x, given, (terms) => terms.reduce((a, b) => Math.imul(a, b), 1), 'int32'),
      );
      expectSame(
        tf.max(t, axes, keepDims),
        reduce(x, given, (terms) => Math.max(max(terms), -(2 ** 31)), 'int32'),
      );
      expectSame(
        tf.min(t, axes, keepDims),
        reduce(x, given, (terms) => Math.min(min(terms), 2 ** 31 - 1), 'int32'),
      );
      const truth = random(shape, seed, 'bool');
      const b = toTensor(truth);
      expectSame(tf.sum(b, axes, keepDims), reduce(truth, given, sum, 'int32'));
      expectSame(
        tf.all(b, axes, keepDims),
        reduce(truth, given, (terms) => +terms.every((v) => v === 1), 'bool'),
      );
      expectSame(
        tf.any(b, axes, keepDims),
        reduce(truth, given, (terms) => +terms.includes(1), 'bool'),
      );
    });
  });

  it('log of the sum of exponentials, moments', () => {
    forAll(cases, (given) => {
      const { shape, seed, axes, keepDims } = given;
      if (sizeOf(shape) === 0) return;
      const x = random(shape, seed);
      expectSame(
        tf.logSumExp(toTensor(x), axes, keepDims),
        reduce(x, given, (terms) => Math.log(sum(terms.map(Math.exp))), 'float32'),
        { absolute: 2e-6 },
      );
      const { mean, variance } = tf.moments(toTensor(x), axes, keepDims);
      const average = (terms: number[]): number => sum(terms) / terms.length;
      expectSame(mean, reduce(x, given, average, 'float32'), { absolute: 2e-6 });
      expectSame(
        variance,
        reduce(x, given, (terms) => average(terms.map((v) => (v - average(terms)) ** 2)), 'float32'),
        { absolute: 4e-6 },
      );
    });
  });

  it('the place of the largest and of the smallest', () => {
    const alongOne = shapes(1, 6)
      .filter((shape) => sizeOf(shape) > 0)
      .chain((shape) =>
        fc.tuple(fc.constant(shape), axesOf(shape.length), seeds, fc.constantFrom<Dtype>('float32', 'int32')),
      );
    forAll(alongOne, ([shape, axis, seed, dtype]) => {
      const x = random(shape, seed, dtype);
      const given = { shape, axes: [axis], keepDims: false, seed };
      expectSame(
        tf.argMax(toTensor(x), axis),
        reduce(x, given, (terms) => terms.indexOf(max(terms)), 'int32'),
      );
      expectSame(
        tf.argMin(toTensor(x), axis),
        reduce(x, given, (terms) => terms.indexOf(min(terms)), 'int32'),
      );
    });
  });

  it('running sums and products', () => {
    const scans = shapes(1, 5).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: axesOf(shape.length),
        exclusive: fc.boolean(),
        reverse: fc.boolean(),
        seed: seeds,
        dtype: fc.constantFrom<Dtype>('float32', 'int32'),
      }),
    );
    forAll(scans, ({ shape, axis, exclusive, reverse, seed, dtype }) => {
      const x = random(shape, seed, dtype);
      const along = positive(axis, shape.length);
      const scan = (start: number, f: (a: number, b: number) => number): Nd =>
        build(
          shape,
          (index) => {
            let total = start;
            for (let i = 0; i < shape[along]; i++) {
              const before = reverse ? i > index[along] : i < index[along];
              if (!before && (exclusive || i !== index[along])) continue;
              total = f(total, x.values[flat(shape, index.with(along, i))]);
            }
            return total;
          },
          dtype,
        );
      const multiply = dtype === 'int32' ? Math.imul : (a: number, b: number) => a * b;
      expectSame(
        tf.cumsum(toTensor(x), axis, exclusive, reverse),
        scan(0, (a, b) => a + b),
        { ofLargest: 1e-6 },
      );
      expectSame(tf.cumprod(toTensor(x), axis, exclusive, reverse), scan(1, multiply), {
        ofLargest: 1e-6,
        ofEach: 3e-6,
      });
    });
  });

  it('the largest k and where they stood', () => {
    const rows = shapes(1, 4)
      .filter((shape) => sizeOf(shape) > 0)
      .chain((shape) => fc.tuple(fc.constant(shape), fc.integer({ min: 1, max: shape.at(-1) }), seeds));
    forAll(rows, ([shape, k, seed]) => {
      const x = random(shape, seed);
      const { values, indices: places } = tf.topk(toTensor(x), k);
      const n = shape.at(-1) as number;
      const order = Array.from({ length: sizeOf(shape) / n }, (_, row) => {
        const part = x.values.slice(row * n, (row + 1) * n);
        return part
          .map((_, i) => i)
          .sort((a, b) => part[b] - part[a] || a - b)
          .slice(0, k)
          .map((i) => [i, part[i]] as const);
      }).flat();
      const result = shape.with(-1, k);
      expectSame(values, { shape: result, values: order.map(([, v]) => v), dtype: 'float32' });
      expectSame(places, { shape: result, values: order.map(([i]) => i), dtype: 'int32' });
    });
  });
});
