import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { sumSteps } from '../../../src/compile/passes/sum-steps.js';
import { kernelsAfter, type Trial } from './run.js';

const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, true, false);

/** Sums from the left. */
function total(terms: readonly tf.Tensor[]): tf.Tensor {
  return terms.reduce((sum, term) => tf.add(sum, term));
}

function after(f: Trial['f'], shapes: Trial['shapes']): string[] {
  return kernelsAfter([sumSteps, removeDeadCode], { f, shapes });
}

/** So many pairs of a step's inputs and the gradients of its results. */
const pairs = (count: number, rows = 3): number[][] =>
  Array.from({ length: count }, () => [
    [rows, 4],
    [rows, 5],
  ]).flat();

function products(inputs: readonly tf.Tensor[]): tf.Tensor[] {
  return inputs.flatMap((a, i) => (i % 2 === 0 ? [product(a, inputs[i + 1])] : []));
}

describe('gradients of the steps of an unroll are one product', () => {
  it('of weights', () => {
    const f = (...inputs: tf.Tensor[]): tf.Tensor => total(products(inputs));
    expect(after(f, pairs(4))).to.deep.equal(['Concat', 'Concat', 'BatchMatMul']);
    expect(after(f, pairs(9, 1))).to.deep.equal(['Concat', 'Concat', 'BatchMatMul']);
  });

  it('of weights and a bias, which share what is joined', () => {
    const f = (...inputs: tf.Tensor[]): tf.Tensor[] => [
      total(inputs.flatMap((b, i) => (i % 2 === 0 ? [] : [tf.sum(b, 0)]))),
      total(products(inputs)),
    ];
    expect(after(f, pairs(5))).to.deep.equal(['Concat', 'Sum', 'Concat', 'BatchMatMul']);
  });

  it('of weights that were split, side by side', () => {
    const f = (...inputs: tf.Tensor[]): tf.Tensor =>
      total(
        inputs.flatMap((a, i) =>
          i % 2 === 0 ? [tf.concat([product(a, inputs[i + 1]), product(a, a)], 1)] : [],
        ),
      );
    expect(after(f, pairs(4))).to.deep.equal([
      ...['Concat', 'Concat', 'BatchMatMul', 'BatchMatMul', 'Concat'],
    ]);
  });

  it('in any order of the sum, and of other terms beside them', () => {
    const f = (other: tf.Tensor, ...inputs: tf.Tensor[]): tf.Tensor => {
      const [a, b, c, d] = products(inputs);
      return tf.add(tf.add(tf.add(c, other), a), tf.add(tf.square(other), tf.add(d, b)));
    };
    expect(after(f, [[4, 5], ...pairs(4)])).to.deep.equal([
      ...['Square', 'Concat', 'Concat', 'BatchMatMul', 'Add', 'Add'],
    ]);
  });

  it('but not of few steps, of many rows, or of terms that are read elsewhere', () => {
    const sum = (...inputs: tf.Tensor[]): tf.Tensor => total(products(inputs));
    expect(after(sum, pairs(3))).to.not.include('Concat');
    expect(after(sum, pairs(4, 200))).to.not.include('Concat');
    const read = (...inputs: tf.Tensor[]): tf.Tensor[] => {
      const terms = products(inputs);
      return [total(terms), terms[2]];
    };
    expect(after(read, pairs(4))).to.not.include('Concat');
  });

  it('but not of other products or sums', () => {
    const plain = (...inputs: tf.Tensor[]): tf.Tensor =>
      total(inputs.map((x) => tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true)));
    expect(after(plain, pairs(2))).to.not.include('Concat');
    const columns = (...inputs: tf.Tensor[]): tf.Tensor => total(inputs.map((x) => tf.sum(x, 1)));
    expect(after(columns, pairs(4))).to.not.include('Concat');
    // Broadcast to the result: no term of it.
    const broadcast = (...inputs: tf.Tensor[]): tf.Tensor =>
      total(inputs.map((x, i) => (i % 2 === 0 ? tf.sum(x, 0) : tf.reshape(tf.sum(x, 0), [-1, 1]))));
    after(broadcast, pairs(4));
  });
});
