import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { mergeCommonSubexpressions } from '../../../src/compile/passes/common-subexpressions.js';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { foldConstants } from '../../../src/compile/passes/fold-constants.js';
import { fuseCellGradients, fuseGruGradients } from '../../../src/compile/passes/fuse-cell-gradients.js';
import { fuseCells } from '../../../src/compile/passes/fuse-cells.js';
import { kernelsAfter, type Trial } from './run.js';

const passes = [
  removeDeadCode,
  mergeCommonSubexpressions,
  foldConstants,
  fuseGruGradients,
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

describe("the gradient of a GRU's gates and state becomes one kernel", () => {
  const gruShapes = [
    [3, 2],
    [3, 5],
    [2, 15],
    [5, 15],
  ];

  type Step = (x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor) => tf.Tensor;
  const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);

  const gru: Step = (x, h, wI, wH) => {
    const [wGates, wCandidate] = tf.split(wH, [10, 5], 1);
    const [xGates, xCandidate] = tf.split(product(x, wI), [10, 5], -1);
    const [z, r] = tf.split(tf.sigmoid(tf.add(xGates, product(h, wGates))), 2, -1);
    const a = tf.tanh(tf.add(xCandidate, product(tf.mul(r, h), wCandidate)));
    return tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a));
  };

  /** Value and gradients with respect to all inputs. */
  const gradients =
    (step: Step): Trial['f'] =>
    (...inputs: Parameters<Step>) => {
      const f = (...all: tf.Tensor[]): tf.Tensor => weighted(step(...(all as Parameters<Step>)));
      const { value, grads } = tf.valueAndGrads(f)(inputs);
      return [value, ...grads];
    };

  function kernels(step: Step): string[] {
    const names = kernelsAfter(passes, { f: gradients(step), shapes: gruShapes });
    return names.filter((name) => name.startsWith('Tanka'));
  }

  it('of one step', () => {
    expect(kernels(gru)).to.deep.equal(['TankaGruStep', 'TankaGruGatesGradient']);
  });

  it('step after step, with what the states get from elsewhere', () => {
    const unroll: Step = (x, h, wI, wH) => {
      const states = [h];
      for (let i = 0; i < 3; i++) states.push(gru(tf.mul(x, i + 1), states[i], wI, wH));
      return tf.stack(states);
    };
    expect(kernels(unroll)).to.deep.equal([
      ...Array<string>(3).fill('TankaGruStep'),
      ...Array<string>(3).fill('TankaGruGatesGradient'),
    ]);
  });

  it('of weights alone, without one of the state', () => {
    const f = (x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor): tf.Tensor[] => {
      const loss = (w: tf.Tensor): tf.Tensor => weighted(gru(x, h, wI, w));
      const { value, grad } = tf.valueAndGrad(loss)(wH);
      return [value, grad];
    };
    const names = kernelsAfter(passes, { f, shapes: gruShapes });
    expect(names).to.include.members(['TankaGruStep', 'TankaGruGatesGradient']);
  });

  const left: Record<string, Step> = {
    'whose states are exchanged': (x, h, wI, wH) => {
      const [wGates, wCandidate] = tf.split(wH, [10, 5], 1);
      const [xGates, xCandidate] = tf.split(product(x, wI), [10, 5], -1);
      const [z, r] = tf.split(tf.sigmoid(tf.add(xGates, product(h, wGates))), 2, -1);
      const a = tf.tanh(tf.add(xCandidate, product(tf.mul(r, h), wCandidate)));
      return tf.add(tf.mul(tf.sub(1, z), a), tf.mul(z, h));
    },
    'with its gates the other way round': (x, h, wI, wH) => {
      const [wGates, wCandidate] = tf.split(wH, [10, 5], 1);
      const [xGates, xCandidate] = tf.split(product(x, wI), [10, 5], -1);
      const [r, z] = tf.split(tf.sigmoid(tf.add(xGates, product(h, wGates))), 2, -1);
      const a = tf.tanh(tf.add(xCandidate, product(tf.mul(r, h), wCandidate)));
      return tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a));
    },
  };
  for (const [name, step] of Object.entries(left)) {
    it(`but not of a step ${name}`, () => {
      expect(kernels(step)).to.deep.equal([]);
    });
  }
});
