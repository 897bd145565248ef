import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { mergeCommonSubexpressions } from '../../../src/compile/passes/common-subexpressions.js';
import { kernelsAfter, passed, type Trial } from './run.js';

const after = (f: Trial['f'], shapes: Trial['shapes'] = [[4]]): string[] =>
  kernelsAfter([mergeCommonSubexpressions], { f, shapes, exact: true });

describe('equal calls are made once', () => {
  it('of kernels, one behind the other, and as results', () => {
    expect(after((x: tf.Tensor) => tf.add(tf.relu(x), tf.relu(x)))).to.deep.equal(['Relu', 'Add']);
    expect(after((x: tf.Tensor) => tf.mul(tf.exp(tf.tanh(x)), tf.exp(tf.tanh(x))))).to.deep.equal([
      'Tanh',
      'Exp',
      'Multiply',
    ]);
    expect(after((x: tf.Tensor) => [tf.neg(x), tf.neg(x)])).to.deep.equal(['Neg']);
  });

  it('with numbers that were written twice', () => {
    expect(after((x: tf.Tensor) => tf.add(tf.mul(x, 3), tf.mul(x, 3)))).to.deep.equal(['Multiply', 'Add']);
    const graph = passed([mergeCommonSubexpressions], {
      f: (x: tf.Tensor) => tf.mul(tf.add(tf.mul(x, 0.1), 0.1), 0.1),
      shapes: [[4]],
      exact: true,
    });
    expect(
      new Set(graph.nodes.flatMap((node) => (node.kind === 'kernel' ? [node.inputs.b] : []))),
    ).to.have.property('size', 3);
    const buffers = graph.nodes.map((node) => (node.kind === 'kernel' ? node.inputs.b : undefined));
    expect(new Set(buffers.map((view) => view && 'buffer' in view && view.buffer)).size).to.equal(1);
  });

  it('of split parts', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.add(tf.split(x, 2)[0], tf.split(x, 2)[1]);
    expect(after(f)).to.deep.equal(['SplitV', 'Add']);
  });

  const apart: Record<string, Trial['f']> = {
    'other inputs': (x: tf.Tensor) => tf.add(tf.relu(x), tf.relu(tf.neg(x))),
    'other attributes': (x: tf.Tensor) => tf.add(tf.sum(x, 0), tf.sum(x, 0, true)),
    'operands that are exchanged': (x: tf.Tensor, y: tf.Tensor) => tf.add(tf.sub(x, y), tf.sub(y, x)),
    'other shapes of the same values': (x: tf.Tensor) => [
      tf.cumsum(tf.reshape(x, [2, 2]), 1),
      tf.cumsum(tf.reshape(x, [1, 4]), 1),
    ],
    'zeros of another sign': (x: tf.Tensor) => [tf.div(1, tf.mul(x, 0)), tf.div(1, tf.mul(x, -0))],
  };
  for (const [name, f] of Object.entries(apart)) {
    it(`but not with ${name}`, () => {
      const trial = { f, shapes: [[4], [4]], exact: true };
      expect(kernelsAfter([mergeCommonSubexpressions], trial)).to.deep.equal(kernelsAfter([], trial));
    });
  }
});
