import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { narrowProducts } from '../../../src/compile/passes/narrow-products.js';
import { kernelsAfter, type Trial } from './run.js';

function after(f: Trial['f'], shapes: Trial['shapes']): string[] {
  return kernelsAfter([narrowProducts], { f, shapes });
}

/** `a[m, k] · b[n, k]ᵀ`. */
const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor2D =>
  tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true);

describe('a product of which columns are read', () => {
  for (const [m, n, k, from, columns] of [
    [3, 8, 6, 3, 5],
    [1, 9, 7, 8, 1],
    [2, 33, 20, 0, 17],
    [32, 200, 70, 72, 128],
  ]) {
    it(`is made of those alone: ${columns} of ${n} from ${from}, ${m} rows`, () => {
      const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.slice(product(a, b), [0, from], [m, columns]);
      expect(
        after(f, [
          [m, k],
          [n, k],
        ]),
      ).to.deep.equal(['TankaProductOfRows']);
    });
  }

  it('packs rows that many products read once', () => {
    const f = (b: tf.Tensor, ...all: tf.Tensor[]): tf.Tensor[] =>
      all.map((a) => tf.slice(product(a, b), [0, 72], [-1, 128]));
    const shapes = [[200, 70], ...Array.from({ length: 6 }, () => [5, 70])];
    expect(after(f, shapes)).to.deep.equal(Array(6).fill('TankaProductOfRows'));
  });

  it('packs what is computed first, too, behind the group that computes it', () => {
    const f = (b: tf.Tensor, ...all: tf.Tensor[]): tf.Tensor[] => {
      const made = tf.neg(tf.tanh(b));
      const plain = all.map((a) => tf.matMul(a as tf.Tensor2D, tf.square(made) as tf.Tensor2D, false, true));
      return [...all.map((a) => tf.slice(product(a, made), [0, 72], [-1, 128])), ...plain];
    };
    const kernels = after(f, [[200, 70], ...Array.from({ length: 5 }, () => [5, 70])]);
    expect(kernels.filter((name) => name === 'TankaProductOfRows')).to.have.lengthOf(5);
  });

  const shapes = [
    [4, 6],
    [8, 6],
  ];
  const left: Record<string, Trial['f']> = {
    'some of its rows': (a: tf.Tensor, b: tf.Tensor) => tf.slice(product(a, b), [1, 2], [2, 3]),
    'all of it, too': (a: tf.Tensor, b: tf.Tensor) => {
      const whole = product(a, b);
      return [tf.slice(whole, [0, 2], [4, 3]), whole];
    },
    'two parts': (a: tf.Tensor, b: tf.Tensor) => tf.split(product(a, b), 2, 1),
    'none of it': (a: tf.Tensor, b: tf.Tensor) => tf.slice(product(a, b), [0, 2], [4, 0]),
    'a part of what it is seen as': (a: tf.Tensor, b: tf.Tensor) =>
      tf.slice(tf.reshape(product(a, b), [8, 4]), [0, 1], [8, 2]),
  };
  for (const [name, f] of Object.entries(left)) {
    it(`is whole where ${name} is read`, () => {
      expect(after(f, shapes)).to.include('BatchMatMul');
    });
  }

  it('is whole where its matrices lie otherwise', () => {
    const plain = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.slice(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), [0, 1], [4, 2]);
    expect(
      after(plain, [
        [4, 6],
        [6, 8],
      ]),
    ).to.include('BatchMatMul');
  });
});
