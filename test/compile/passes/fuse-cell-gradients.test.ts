import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { mergeCommonSubexpressions } from '../../../src/compile/passes/common-subexpressions.js';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { foldConstants } from '../../../src/compile/passes/fold-constants.js';
import { fuseCellGradients } from '../../../src/compile/passes/fuse-cell-gradients.js';
import { fuseCells } from '../../../src/compile/passes/fuse-cells.js';
import { kernelsAfter, type Trial } from './run.js';

const passes = [
  removeDeadCode,
  mergeCommonSubexpressions,
  foldConstants,
  fuseCells,
  fuseCellGradients,
  removeDeadCode,
];
const shapes = [
  [3, 20],
  [3, 5],
];

type Cell = (gates: tf.Tensor, c: tf.Tensor) => [hidden: tf.Tensor, cell: tf.Tensor];

const lstm: Cell = (gates, c) => {
  const [i, g, f, o] = tf.split(gates, 4, -1);
  const cell = tf.add(tf.mul(tf.sigmoid(tf.add(f, 1)), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), cell];
};

/** Slopes that differ from entry to entry. */
function weighted(x: tf.Tensor): tf.Tensor {
  const slopes = Float32Array.from({ length: x.size }, (_, i) => Math.sin(i + 1));
  return tf.sum(tf.mul(x, tf.tensor(slopes, x.shape)));
}

/** Value and gradients, with respect to gates and cell, of what is made of the cell's results. */
function gradientsOf(loss: (hidden: tf.Tensor, cell: tf.Tensor) => tf.Tensor, cell = lstm): Trial['f'] {
  return (gates: tf.Tensor, c: tf.Tensor) => {
    const f = (g: tf.Tensor, old: tf.Tensor): tf.Tensor => loss(...cell(g, old));
    const { value, grads } = tf.valueAndGrads(f)([gates, c]);
    return [value, ...grads];
  };
}

function after(f: Trial['f']): string[] {
  return kernelsAfter(passes, { f, shapes }).filter((name) => name.startsWith('Tanka'));
}

describe('the gradient of an LSTM cell becomes one kernel', () => {
  const both = ['TankaLstmCell', 'TankaLstmCellGradient'];
  const fused: Record<string, Trial['f']> = {
    'of its state': gradientsOf((hidden) => weighted(hidden)),
    'of its state and of its cell': gradientsOf((hidden, cell) =>
      tf.add(weighted(hidden), weighted(tf.square(cell))),
    ),
    'whose sum of the cell is the other way round': gradientsOf((hidden, cell) =>
      tf.add(weighted(tf.square(cell)), weighted(hidden)),
    ),
    'of gates alone': (gates: tf.Tensor, c: tf.Tensor) => {
      const { value, grad } = tf.valueAndGrad((g: tf.Tensor) => weighted(lstm(g, c)[0]))(gates);
      return [value, grad];
    },
  };
  for (const [name, f] of Object.entries(fused)) {
    it(name, () => {
      expect(after(f)).to.deep.equal(both);
    });
  }

  it('step after step, from the last to the first', () => {
    const unroll: Cell = (gates, c) => {
      let [h, cell] = lstm(gates, c);
      [h, cell] = lstm(tf.mul(gates, tf.concat([h, h, h, h], 1)), cell);
      return lstm(tf.add(gates, tf.concat([h, cell, h, cell], 1)), cell);
    };
    const f = gradientsOf((hidden, cell) => tf.add(weighted(hidden), weighted(cell)), unroll);
    expect(after(f)).to.deep.equal([
      ...Array<string>(3).fill('TankaLstmCell'),
      ...Array<string>(3).fill('TankaLstmCellGradient'),
    ]);
  });

  it('but not of a cell alone, whose output gate has none', () => {
    expect(after(gradientsOf((_, cell) => weighted(cell)))).to.not.include('TankaLstmCellGradient');
  });

  it('but not of a cell that kept nothing', () => {
    // Another function of the same gates: what the forward pass computes is not at hand.
    const other: Cell = (gates, c) => {
      const [i, g, f, o] = tf.split(gates, 4, -1);
      const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.sigmoid(g)));
      return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), cell];
    };
    expect(after(gradientsOf((hidden) => weighted(hidden), other))).to.deep.equal([]);
  });
});
