import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { foldConstants } from '../../../src/compile/passes/fold-constants.js';
import { fuseAttention } from '../../../src/compile/passes/fuse-attention.js';
import { kernelsAfter, type Trial } from './run.js';

const after = (f: Trial['f'], shapes: Trial['shapes']): string[] =>
  kernelsAfter([foldConstants, fuseAttention, removeDeadCode], { f, shapes });

const scores = (q: tf.Tensor, k: tf.Tensor): tf.Tensor => tf.matMul(q, k, false, true);
const matrices = [
  [2, 5, 3],
  [2, 4, 3],
  [2, 4, 6],
];

/** Heads as layers make them: of `[length, heads, size]`. */
const heads = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [1, 0, 2]);

describe('attention becomes one kernel', () => {
  it('of plain matrices, with and without a factor', () => {
    const plain = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
      tf.matMul(tf.softmax(scores(q, k)), v);
    expect(after(plain, matrices)).to.deep.equal(['TankaAttention']);
    for (const scaled of [
      (s: tf.Tensor) => tf.mul(s, 0.3),
      (s: tf.Tensor) => tf.mul(0.3, s),
      (s: tf.Tensor) => tf.div(s, 3),
    ]) {
      const f = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
        tf.matMul(tf.softmax(scaled(scores(q, k))), v);
      expect(after(f, matrices)).to.deep.equal(['TankaAttention']);
    }
  });

  it('of heads that lie side by side, with a mask, without a transpose', () => {
    const f = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => {
      const all = tf.div(scores(heads(q), heads(k)), 2);
      const mask = tf.greater(tf.tile(tf.reshape(tf.range(0, 4), [1, 1, 4]), [2, 5, 1]), 1);
      const weights = tf.softmax(tf.where(mask, all, tf.fill([2, 5, 4], -1e9)));
      return heads(tf.matMul(weights, heads(v)));
    };
    const names = after(f, [
      [5, 2, 3],
      [4, 2, 3],
      [4, 2, 6],
    ]);
    expect(names).to.include('TankaAttention');
    for (const name of ['Transpose', 'Softmax', 'Select', 'RealDiv']) expect(names).not.to.include(name);
  });

  const left: Record<string, [f: Trial['f'], shapes?: Trial['shapes']]> = {
    'weights that are read elsewhere': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => {
        const weights = tf.softmax(scores(q, k));
        return [tf.matMul(weights, v), tf.neg(weights)];
      },
    ],
    'scores that are a result': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => {
        const all = scores(q, k);
        return [tf.matMul(tf.softmax(all), v), all];
      },
    ],
    'weights on the other side': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.matMul(v, tf.softmax(scores(q, k))),
      [
        [2, 5, 3],
        [2, 4, 3],
        [2, 6, 5],
      ],
    ],
    'values that are transposed': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.matMul(tf.softmax(scores(q, k)), v, false, true),
      [
        [2, 5, 3],
        [2, 4, 3],
        [2, 6, 4],
      ],
    ],
    'keys that lie the other way': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.matMul(tf.softmax(tf.matMul(q, k)), v),
      [
        [2, 5, 3],
        [2, 3, 4],
        [2, 4, 6],
      ],
    ],
    'a bias on the scores': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.matMul(tf.softmax(tf.add(scores(q, k), tf.sum(q))), v),
    ],
    'keys for all of a batch': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.matMul(tf.softmax(scores(q, k)), v),
      [
        [2, 5, 3],
        [1, 4, 3],
        [2, 4, 6],
      ],
    ],
    'a gradient of it': [
      (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
        tf.grad((one: tf.Tensor) => tf.matMul(tf.softmax(scores(one, k)), v))(q),
    ],
  };
  for (const [name, [f, shapes = matrices]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes)).not.to.include('TankaAttention');
    });
  }

  it('and a transpose that others read stays', () => {
    const f = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor[] => {
      const keys = heads(k);
      return [tf.matMul(tf.softmax(scores(heads(q), keys)), heads(v)), tf.neg(keys)];
    };
    const names = after(f, [
      [5, 2, 3],
      [4, 2, 3],
      [4, 2, 6],
    ]);
    expect(names.filter((name) => name === 'Transpose')).to.have.lengthOf(1);
    expect(names).to.include('TankaAttention');
  });
});
