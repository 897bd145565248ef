import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { gelu } from '../../../src/backend/ops/gelu.js';
import { layerNorm } from '../../../src/backend/ops/layer-norm.js';
import { logSoftmax } from '../../../src/backend/ops/log-softmax.js';
import { expectSame, forAll, random, seeds, shapes, sizeOf, toTensor, type Nd } from './array.js';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** `f` of each row of the last axis. */
function byRow(x: Nd, f: (row: number[], r: number) => number[]): Nd {
  const n = x.shape.at(-1) ?? 1;
  const rows = n === 0 ? 0 : x.values.length / n;
  return {
    ...x,
    values: Array.from({ length: rows }, (_, r) => f(x.values.slice(r * n, (r + 1) * n), r)).flat(),
  };
}

const ofRow = (row: readonly number[]): number[] => {
  const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const e = row.map((v) => Math.exp(v - largest));
  const total = sum(e);
  return e.map((v) => v / total);
};

const cases = fc.tuple(
  shapes(1, 4, fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 6, max: 40 }))),
  seeds,
);

/** The derivative of `sum(f(x) w)` in float64, by central differences of the reference. */
function slopes(x: Nd, w: Nd, f: (x: Nd) => Nd): Nd {
  const h = 1e-5;
  const value = (values: number[]): number => sum(f({ ...x, values }).values.map((v, i) => v * w.values[i]));
  return {
    ...x,
    values: x.values.map(
      (v, i) => (value(x.values.with(i, v + h)) - value(x.values.with(i, v - h))) / (2 * h),
    ),
  };
}

function gradient(x: Nd, w: Nd, f: (x: Tensor) => Tensor): Tensor {
  return tf.grad((t: Tensor) => tf.sum(tf.mul(f(t), toTensor(w))))(toTensor(x));
}

const small = fc.tuple(
  shapes(1, 3, fc.integer({ min: 1, max: 9 })).filter((shape) => sizeOf(shape) < 100),
  seeds,
);

describe('softmax and normalizations against a plain loop', () => {
  it('softmax and its logarithm', () => {
    forAll(cases, ([shape, seed]) => {
      const x = random(shape, seed, 'float32', seed % 2 ? 'edges' : 'plain');
      expectSame(tf.softmax(toTensor(x)), byRow(x, ofRow), { ofEach: 2e-6 });
      const largest = (row: number[]): number => row.reduce((a, b) => Math.max(a, b), -Infinity);
      const expected = byRow(x, (row) =>
        row.map((v) => v - largest(row) - Math.log(sum(row.map((u) => Math.exp(u - largest(row)))))),
      );
      expectSame(logSoftmax(toTensor(x)), expected, { absolute: 2e-6, ofEach: 1e-6 });
      expectSame(tf.logSoftmax(toTensor(x)), expected, { absolute: 2e-6, ofEach: 1e-6 });
    });
  });

  it('give a hidden entry the weight 0, exactly', () => {
    forAll(fc.tuple(fc.integer({ min: 2, max: 40 }), seeds), ([n, seed]) => {
      const x = random([3, n], seed);
      const hidden = {
        ...x,
        values: x.values.map((v, i) => (i % n !== seed % n && (i + seed) % 2 ? -Infinity : v)),
      };
      const weights = tf.softmax(toTensor(hidden)).dataSync();
      hidden.values.forEach((v, i) => {
        if (v === -Infinity) expect(weights[i]).to.equal(0);
      });
      expectSame(tf.softmax(toTensor(hidden)), byRow(hidden, ofRow), { ofEach: 1e-6 });
    });
  });

  it('their gradients', () => {
    forAll(
      small,
      ([shape, seed]) => {
        const x = random(shape, seed);
        const w = random(shape, seed + 1);
        const softmax = (t: Nd): Nd => byRow(t, ofRow);
        expectSame(
          gradient(x, w, (t) => tf.softmax(t)),
          slopes(x, w, softmax),
          { absolute: 2e-6 },
        );
        expectSame(
          gradient(x, w, logSoftmax),
          slopes(x, w, (t) => ({ ...t, values: softmax(t).values.map(Math.log) })),
          { absolute: 2e-5 },
        );
        expectSame(
          gradient(x, w, (t) => gelu(t, true)),
          slopes(x, w, (t) => ({
            ...t,
            values: t.values.map(
              (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
            ),
          })),
          { absolute: 2e-6 },
        );
      },
      60,
    );
  });

  it('layer norm and all of its gradients', () => {
    forAll(
      small,
      ([shape, seed]) => {
        const n = shape.at(-1) as number;
        const [x, scale, offset, w] = [
          random(shape, seed),
          random([n], seed + 1),
          random([n], seed + 2),
          random(shape, seed + 3),
        ];
        const reference = (t: Nd, s: Nd, o: Nd): Nd =>
          byRow(t, (row) => {
            const mean = sum(row) / n;
            const inverse = 1 / Math.sqrt(sum(row.map((v) => (v - mean) ** 2)) / n + 1e-2);
            return row.map((v, i) => (v - mean) * inverse * s.values[i] + o.values[i]);
          });
        expectSame(
          layerNorm(toTensor(x), toTensor(scale), toTensor(offset), 1e-2),
          reference(x, scale, offset),
          { absolute: 1e-5 },
        );
        const [dx, dScale, dOffset] = tf.grads((t: Tensor, s: Tensor, o: Tensor) =>
          tf.sum(tf.mul(layerNorm(t, s, o, 1e-2), toTensor(w))),
        )([toTensor(x), toTensor(scale), toTensor(offset)]);
        expectSame(
          dx,
          slopes(x, w, (t) => reference(t, scale, offset)),
          { absolute: 2e-4 },
        );
        const total = (values: readonly number[]): number => sum(values.map((v, i) => v * w.values[i]));
        const base = total(reference(x, scale, { ...offset, values: offset.values.map(() => 0) }).values);
        // Linear in scale and in offset.
        expect(sum([...dScale.dataSync()].map((v, i) => v * scale.values[i]))).to.be.closeTo(
          base,
          1e-4 * (1 + Math.abs(base)),
        );
        expect(dOffset.dataSync()[0]).to.be.closeTo(sum(w.values.filter((_, i) => i % n === 0)), 1e-4);
      },
      60,
    );
  });

  it('batch norm, with and without scale and offset', () => {
    forAll(
      fc.tuple(shapes(4, 4, fc.integer({ min: 0, max: 9 })), seeds),
      ([shape, seed]) => {
        const n = shape[3];
        const x = random(shape, seed);
        const [mean, scale, offset] = [1, 2, 3].map((i) => random([n], seed + i));
        const variance = { ...mean, values: mean.values.map((v) => Math.fround(v * v + 0.5)) };
        for (const [s, o] of [
          [scale, offset],
          [undefined, offset],
          [scale, undefined],
          [undefined, undefined],
        ] as const) {
          const expected = {
            ...x,
            values: x.values.map(
              (v, i) =>
                ((v - mean.values[i % n]) / Math.sqrt(variance.values[i % n] + 1e-3)) *
                  (s?.values[i % n] ?? 1) +
                (o?.values[i % n] ?? 0),
            ),
          };
          const actual = tf.batchNorm(
            toTensor(x) as tf.Tensor4D,
            toTensor(mean) as tf.Tensor1D,
            toTensor(variance) as tf.Tensor1D,
            o && (toTensor(o) as tf.Tensor1D),
            s && (toTensor(s) as tf.Tensor1D),
            1e-3,
          );
          expectSame(actual, expected, { absolute: 1e-5 });
        }
      },
      60,
    );
  });
});
