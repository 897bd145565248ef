import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  at,
  build,
  expectSame,
  flat,
  forAll,
  indices,
  random,
  seeds,
  sizeOf,
  toTensor,
  type Dtype,
  type Nd,
} from './array.js';

const size = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 13 }) },
  { weight: 2, arbitrary: fc.integer({ min: 14, max: 70 }) },
);
const positiveSize = size.filter((n) => n > 0);

interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly batchA: number[];
  readonly batchB: number[];
  readonly seed: number;
}

const batches = fc
  .array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 })
  .chain((batch) =>
    fc
      .tuple(
        fc.tuple(...batch.map((n) => fc.constantFrom(n, n, 1))),
        fc.tuple(...batch.map((n) => fc.constantFrom(n, n, 1))),
        fc.nat(batch.length),
        fc.boolean(),
      )
      .map(([a, b, cut, swap]): [number[], number[]] => (swap ? [a.slice(cut), b] : [a, b.slice(cut)])),
  );

const products: fc.Arbitrary<Product> = fc
  .record({
    m: size,
    k: size,
    n: size,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    both: batches,
    seed: seeds,
  })
  .map(({ both: [batchA, batchB], ...rest }) => ({ ...rest, batchA, batchB }));

function operands(
  { m, k, n, transposeA, transposeB, batchA, batchB, seed }: Product,
  dtype: Dtype = 'float32',
): [Nd, Nd] {
  return [
    random([...batchA, ...(transposeA ? [k, m] : [m, k])], seed, dtype),
    random([...batchB, ...(transposeB ? [n, k] : [k, n])], seed + 1, dtype),
  ];
}

function product(
  a: Nd,
  b: Nd,
  { m, k, n, transposeA, transposeB, batchA, batchB }: Product,
  dtype: Dtype = 'float32',
): Nd {
  const rank = Math.max(batchA.length, batchB.length);
  const batch = Array.from({ length: rank }, (_, i) =>
    Math.max(batchA.at(i - rank) ?? 1, batchB.at(i - rank) ?? 1),
  );
  const entry = (x: Nd, outer: number[], i: number, j: number): number => {
    const own = x.shape.length - 2;
    const place = outer.slice(outer.length - own).map((v, axis) => (x.shape[axis] === 1 ? 0 : v));
    return x.values[flat(x.shape, [...place, i, j])];
  };
  return build(
    [...batch, m, n],
    (index) => {
      const outer = index.slice(0, rank);
      const [i, j] = index.slice(rank);
      let total = 0;
      for (let p = 0; p < k; p++)
        total +=
          (transposeA ? entry(a, outer, p, i) : entry(a, outer, i, p)) *
          (transposeB ? entry(b, outer, j, p) : entry(b, outer, p, j));
      return total;
    },
    dtype,
  );
}

const activations: Record<string, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  leakyrelu: (x) => (x < 0 ? 0.25 * x : x),
  prelu: (x) => (x < 0 ? -0.5 * x : x),
  tanh: Math.tanh,
  softplus: (x) => Math.log1p(Math.exp(x)),
};

describe('matrix products against a plain loop', () => {
  it('of float32, transposed and in batches that broadcast', () => {
    forAll(
      products,
      (given) => {
        const [a, b] = operands(given);
        expectSame(
          tf.matMul(toTensor(a), toTensor(b), given.transposeA, given.transposeB),
          product(a, b, given),
          { absolute: 3e-5 },
        );
      },
      300,
    );
  });

  it('of int32', () => {
    forAll(products, (given) => {
      const [a, b] = operands(given, 'int32');
      expectSame(
        tf.matMul(toTensor(a), toTensor(b), given.transposeA, given.transposeB),
        product(a, b, given, 'int32'),
      );
    });
  });

  it('with bias and activation', () => {
    const cases = fc.tuple(products, fc.constantFrom(...Object.keys(activations)), fc.boolean());
    forAll(
      cases,
      ([given, activation, hasBias]) => {
        // TensorFlow.js lets fused products broadcast no batches.
        const alike = { ...given, batchA: given.batchA.slice(0, 1), batchB: given.batchA.slice(0, 1) };
        const [a, b] = operands(alike);
        const bias = random([given.n], given.seed + 2);
        const sums = product(a, b, alike);
        const f = activations[activation];
        const expected = build(sums.shape, (index) =>
          f(at(sums, index) + (hasBias ? bias.values[index.at(-1) as number] : 0)),
        );
        const actual = tf.fused.matMul({
          a: toTensor(a),
          b: toTensor(b),
          transposeA: given.transposeA,
          transposeB: given.transposeB,
          ...(hasBias && { bias: toTensor(bias) }),
          activation: activation as 'relu',
          leakyreluAlpha: 0.25,
          preluActivationWeights: tf.scalar(-0.5),
        });
        expectSame(actual, expected, { absolute: 3e-5 });
      },
      300,
    );
  });

  it('einsum of one to three operands', () => {
    const letters = ['a', 'b', 'c', 'd', 'e'];
    const cases = fc.record({
      inputs: fc.array(fc.shuffledSubarray(letters, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      order: fc.shuffledSubarray(letters),
      lengths: fc.array(
        positiveSize.map((n) => Math.min(n, 4)),
        { minLength: 5, maxLength: 5 },
      ),
      seed: seeds,
    });
    forAll(cases, ({ inputs, order, lengths, seed }) => {
      const sizeOfLabel = (label: string): number => lengths[letters.indexOf(label)];
      const used = letters.filter((label) => inputs.some((labels) => labels.includes(label)));
      const output = order.filter((label) => used.includes(label));
      const arrays = inputs.map((labels, i) => random(labels.map(sizeOfLabel), seed + i));
      const shape = output.map(sizeOfLabel);
      const values = new Array<number>(sizeOf(shape)).fill(0);
      for (const index of indices(used.map(sizeOfLabel))) {
        const place = (labels: readonly string[]): number[] =>
          labels.map((label) => index[used.indexOf(label)]);
        const term = arrays.reduce((p, x, i) => p * x.values[flat(x.shape, place(inputs[i]))], 1);
        values[flat(shape, place(output))] += term;
      }
      const equation = `${inputs.map((labels) => labels.join('')).join(',')}->${output.join('')}`;
      expectSame(
        tf.einsum(equation, ...arrays.map(toTensor)),
        { shape, values, dtype: 'float32' },
        { ofLargest: 3e-6, absolute: 1e-5 },
      );
    });
  });

  it('gradients of both operands', () => {
    forAll(
      products,
      (given) => {
        if (given.m * given.k * given.n === 0) return;
        const [a, b] = operands(given);
        const y = product(a, b, given);
        const probe = random(y.shape, given.seed + 5);
        const [da, db] = tf.grads((x: Tensor, z: Tensor) =>
          tf.sum(tf.mul(tf.matMul(x, z, given.transposeA, given.transposeB), toTensor(probe))),
        )([toTensor(a), toTensor(b)]);
        // Of a plain product: da = dy bᵀ and db = aᵀ dy, summed over what was broadcast.
        const batch = y.shape.slice(0, -2);
        const sums = [a, b].map((x) => new Array<number>(x.values.length).fill(0));
        const place = (x: Nd, outer: readonly number[], i: number, j: number): number => {
          const own = x.shape.length - 2;
          return flat(x.shape, [
            ...outer.slice(outer.length - own).map((v, axis) => (x.shape[axis] === 1 ? 0 : v)),
            i,
            j,
          ]);
        };
        for (const index of indices([...batch, given.m, given.n, given.k])) {
          const outer = index.slice(0, batch.length);
          const [i, j, p] = index.slice(batch.length);
          const g = probe.values[flat(y.shape, [...outer, i, j])];
          const inA = given.transposeA ? place(a, outer, p, i) : place(a, outer, i, p);
          const inB = given.transposeB ? place(b, outer, j, p) : place(b, outer, p, j);
          sums[0][inA] += g * b.values[inB];
          sums[1][inB] += g * a.values[inA];
        }
        expectSame(da, { ...a, values: sums[0] }, { absolute: 1e-4 }, 'da');
        expectSame(db, { ...b, values: sums[1] }, { absolute: 1e-4 }, 'db');
      },
      80,
    );
  });
});
