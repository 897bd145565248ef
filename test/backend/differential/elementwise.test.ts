import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  at,
  broadcastPairs,
  build,
  expectSame,
  forAll,
  random,
  seeds,
  shapes,
  toTensor,
  type Dtype,
  type Nd,
} from './array.js';

type Binary = (a: number, b: number) => number;
type Operation = (a: Tensor, b: Tensor) => Tensor;

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}

function zip(a: Nd, b: Nd, f: Binary, dtype: Dtype): Nd {
  return build(broadcast(a.shape, b.shape), (index) => f(at(a, index), at(b, index)), dtype);
}

const NaNOr =
  (f: Binary): Binary =>
  (a, b) =>
    Number.isNaN(a) || Number.isNaN(b) ? NaN : f(a, b);

function floorMod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function ieeePower(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

/** The sum of products in single precision that `(a - b)²` is. */
const ofFloats: Record<string, [Operation, Binary]> = {
  add: [tf.add, (a, b) => a + b],
  sub: [tf.sub, (a, b) => a - b],
  mul: [tf.mul, (a, b) => a * b],
  div: [tf.div, (a, b) => a / b],
  maximum: [tf.maximum, Math.max],
  minimum: [tf.minimum, Math.min],
  squaredDifference: [tf.squaredDifference, (a, b) => Math.fround(a - b) ** 2],
  floorDiv: [tf.floorDiv, (a, b) => Math.floor(Math.fround(a / b))],
  mod: [tf.mod, floorMod],
  pow: [tf.pow, ieeePower],
  atan2: [tf.atan2, Math.atan2],
};

const ofIntegers: Record<string, [Operation, Binary]> = {
  add: [tf.add, (a, b) => (a + b) | 0],
  sub: [tf.sub, (a, b) => (a - b) | 0],
  mul: [tf.mul, Math.imul],
  maximum: [tf.maximum, Math.max],
  minimum: [tf.minimum, Math.min],
  squaredDifference: [tf.squaredDifference, (a, b) => Math.imul(a - b, a - b)],
  floorDiv: [tf.floorDiv, (a, b) => (b === 0 ? 0 : Math.floor(a / b))],
  mod: [tf.mod, (a, b) => (b === 0 ? 0 : floorMod(a, b))],
};

const ofTruths: Record<string, [Operation, Binary]> = {
  add: [tf.add, (a, b) => a | b],
  mul: [tf.mul, (a, b) => a & b],
  logicalAnd: [tf.logicalAnd, (a, b) => a & b],
  logicalOr: [tf.logicalOr, (a, b) => a | b],
  logicalXor: [tf.logicalXor, (a, b) => a ^ b],
};

const comparisons: Record<string, [Operation, Binary]> = {
  equal: [tf.equal, (a, b) => +(a === b)],
  notEqual: [tf.notEqual, (a, b) => +(a !== b)],
  less: [tf.less, (a, b) => +(a < b)],
  lessEqual: [tf.lessEqual, (a, b) => +(a <= b)],
  greater: [tf.greater, (a, b) => +(a > b)],
  greaterEqual: [tf.greaterEqual, (a, b) => +(a >= b)],
};

function checkPairs(dtype: Dtype, [run, f]: [Operation, Binary], result: Dtype, ofEach = 0): void {
  forAll(
    fc.tuple(broadcastPairs, seeds, fc.constantFrom('plain' as const, 'edges' as const)),
    ([[shapeA, shapeB], seed, kind]) => {
      const a = random(shapeA, seed, dtype, kind);
      const b = random(shapeB, seed + 7, dtype, kind);
      expectSame(run(toTensor(a), toTensor(b)), zip(a, b, f, result), { ofEach });
    },
  );
}

describe('functions of two arrays against a plain loop', () => {
  for (const [name, [run, f]] of Object.entries(ofFloats)) {
    // Powers and angles are JavaScript's, in double precision.
    it(`${name} of float32`, () =>
      checkPairs('float32', [run, NaNOr(f) === f || name === 'pow' ? f : NaNOr(f)], 'float32', 2e-7));
  }
  for (const [name, pair] of Object.entries(ofIntegers)) {
    it(`${name} of int32`, () => checkPairs('int32', pair, 'int32'));
  }
  for (const [name, pair] of Object.entries(ofTruths)) {
    it(`${name} of bool`, () => checkPairs('bool', pair, 'bool'));
  }
  for (const [name, pair] of Object.entries(comparisons)) {
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      it(`${name} of ${dtype}`, () => checkPairs(dtype, pair, 'bool'));
    }
  }

  it('of two dtypes widens the narrow one', () => {
    const kinds = fc.constantFrom<[Dtype, Dtype]>(
      ['int32', 'float32'],
      ['float32', 'int32'],
      ['bool', 'int32'],
      ['float32', 'bool'],
      ['int32', 'bool'],
    );
    forAll(fc.tuple(broadcastPairs, seeds, kinds), ([[shapeA, shapeB], seed, [ta, tb]]) => {
      const a = random(shapeA, seed, ta);
      const b = random(shapeB, seed + 3, tb);
      const wide = ta === 'float32' || tb === 'float32' ? 'float32' : 'int32';
      expectSame(
        tf.sub(toTensor(a), toTensor(b)),
        zip(a, b, (x, y) => Math.fround(x) - Math.fround(y), wide),
        { ofEach: 1e-7 },
      );
      expectSame(
        tf.less(toTensor(a), toTensor(b)),
        zip(a, b, (x, y) => +(x < y), 'bool'),
      );
    });
  });

  it('where of three arrays that broadcast', () => {
    forAll(
      fc.tuple(broadcastPairs, shapes(0, 3), seeds, fc.constantFrom<Dtype>('float32', 'int32', 'bool')),
      ([[shapeA, shapeB], , seed, dtype]) => {
        const condition = random(shapeA, seed, 'bool');
        const a = random(shapeB, seed + 1, dtype, 'edges');
        const b = random(broadcast(shapeA, shapeB), seed + 2, dtype, 'edges');
        const expected = build(
          b.shape,
          (index) => (at(condition, index) ? at(a, index) : at(b, index)),
          dtype,
        );
        expectSame(tf.where(toTensor(condition) as tf.Tensor, toTensor(a), toTensor(b)), expected);
      },
    );
  });
});

const erf = (x: number): number => {
  // Series near 0, continued fraction beyond: to fifteen digits.
  const z = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (z > 6) return Math.sign(x);
  let result: number;
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 80; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    result = (2 / Math.sqrt(Math.PI)) * sum;
  } else {
    let fraction = 0;
    for (let k = 60; k >= 1; k--) fraction = k / 2 / (z + fraction);
    result = 1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
  }
  return x < 0 ? -result : result;
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const selu = (x: number): number => (x <= 0 ? 1.7580993408473768 * Math.expm1(x) : 1.0507009873554805 * x);
const even = (x: number): number => {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};

const unary: Record<string, [(x: Tensor) => Tensor, (x: number) => number]> = {
  abs: [tf.abs, Math.abs],
  acos: [tf.acos, Math.acos],
  acosh: [tf.acosh, Math.acosh],
  asin: [tf.asin, Math.asin],
  asinh: [tf.asinh, Math.asinh],
  atan: [tf.atan, Math.atan],
  atanh: [tf.atanh, Math.atanh],
  ceil: [tf.ceil, Math.ceil],
  clip: [
    (x) => tf.clipByValue(x, -0.75, 1.25),
    (x) => (Number.isNaN(x) ? x : Math.min(Math.max(x, -0.75), 1.25)),
  ],
  cos: [tf.cos, Math.cos],
  cosh: [tf.cosh, Math.cosh],
  elu: [tf.elu, (x) => (x < 0 ? Math.expm1(x) : x)],
  erf: [tf.erf, erf],
  exp: [tf.exp, Math.exp],
  expm1: [tf.expm1, Math.expm1],
  floor: [tf.floor, Math.floor],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.25), (x) => (x < 0 ? 0.25 * x : x)],
  log: [tf.log, Math.log],
  log1p: [tf.log1p, Math.log1p],
  neg: [tf.neg, (x) => -x],
  reciprocal: [tf.reciprocal, (x) => 1 / x],
  relu: [tf.relu, (x) => (x < 0 ? 0 : x)],
  relu6: [tf.relu6, (x) => (Number.isNaN(x) ? x : Math.min(Math.max(x, 0), 6))],
  round: [tf.round, even],
  rsqrt: [tf.rsqrt, (x) => 1 / Math.sqrt(x)],
  selu: [tf.selu, selu],
  sigmoid: [tf.sigmoid, sigmoid],
  sign: [tf.sign, Math.sign],
  sin: [tf.sin, Math.sin],
  sinh: [tf.sinh, Math.sinh],
  softplus: [tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
  sqrt: [tf.sqrt, Math.sqrt],
  square: [tf.square, (x) => x * x],
  step: [(x) => tf.step(x, 0.5), (x) => (Number.isNaN(x) ? x : x > 0 ? 1 : 0.5)],
  tan: [tf.tan, Math.tan],
  tanh: [tf.tanh, Math.tanh],
};

const tests: Record<string, [(x: Tensor) => Tensor, (x: number) => number]> = {
  isNaN: [tf.isNaN, (x) => +Number.isNaN(x)],
  isFinite: [tf.isFinite, (x) => +Number.isFinite(x)],
  isInf: [tf.isInf, (x) => +(Math.abs(x) === Infinity)],
};

const map = (x: Nd, f: (x: number) => number, dtype: Dtype): Nd => ({
  shape: x.shape,
  values: x.values.map(f),
  dtype,
});

describe('functions of one array against a plain loop', () => {
  for (const [name, [run, f]] of Object.entries(unary)) {
    it(`${name} of float32`, () => {
      forAll(fc.tuple(shapes(), seeds), ([shape, seed]) => {
        const x = random(shape, seed, 'float32', 'edges');
        // Not below the smallest normal number: engines may flush what is smaller.
        expectSame(run(toTensor(x)), map(x, f, 'float32'), { ofEach: 6e-7 });
      });
    });
  }
  it('NaN with a sign, as 0 / 0 makes it on some machines', () => {
    const signed = tf.tensor1d(new Float32Array(Uint32Array.of(0xffc00000, 0xffc00000, 0x7fc00000).buffer));
    const values = Object.fromEntries(Object.entries(unary).map(([name, [run]]) => [name, run(signed)]));
    const expected = Object.fromEntries(Object.entries(unary).map(([name, [, f]]) => [name, f(NaN)]));
    for (const [name, value] of Object.entries(values))
      expect([...value.dataSync()], name).to.deep.equal(Array(3).fill(expected[name]));
    tf.dispose([signed, values]);
  });
  for (const name of ['abs', 'neg', 'sign', 'square', 'relu', 'relu6']) {
    it(`${name} of int32`, () => {
      const [run, f] = unary[name];
      forAll(fc.tuple(shapes(), seeds), ([shape, seed]) => {
        const x = random(shape, seed, 'int32');
        expectSame(run(toTensor(x)), map(x, f, 'int32'));
      });
    });
  }
  for (const [name, [run, f]] of Object.entries(tests)) {
    it(name, () => {
      forAll(fc.tuple(shapes(), seeds), ([shape, seed]) => {
        const x = random(shape, seed, 'float32', 'edges');
        expectSame(run(toTensor(x)), map(x, f, 'bool'));
      });
    });
  }

  it('logicalNot, prelu, addN, cast', () => {
    forAll(fc.tuple(shapes(), seeds), ([shape, seed]) => {
      const truth = random(shape, seed, 'bool');
      expectSame(
        tf.logicalNot(toTensor(truth)),
        map(truth, (x) => 1 - x, 'bool'),
      );
      const [a, b] = [random(shape, seed), random(shape, seed + 1)];
      expectSame(
        tf.prelu(toTensor(a), toTensor(b)),
        zip(a, b, (x, y) => (x < 0 ? x * y : x), 'float32'),
        { ofEach: 1e-7 },
      );
      expectSame(
        tf.addN([toTensor(a), toTensor(b), toTensor(a)]),
        zip(a, b, (x, y) => 2 * x + y, 'float32'),
        { ofEach: 1e-6, ofLargest: 1e-6 },
      );
      const wild = random(shape, seed, 'float32', 'edges');
      expectSame(
        tf.cast(toTensor(wild), 'bool'),
        map(wild, (x) => +(x !== 0), 'bool'),
      );
      expectSame(tf.cast(toTensor(a), 'int32'), map(a, Math.trunc, 'int32'));
      const whole = random(shape, seed, 'int32');
      expectSame(
        tf.cast(toTensor(whole), 'float32'),
        map(whole, (x) => x, 'float32'),
      );
      expectSame(
        tf.cast(toTensor(whole), 'bool'),
        map(whole, (x) => +(x !== 0), 'bool'),
      );
      expectSame(
        tf.cast(toTensor(truth), 'float32'),
        map(truth, (x) => x, 'float32'),
      );
    });
  });
});
