import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { foldConstants } from '../../../src/compile/passes/fold-constants.js';
import { kernelsAfter, passed, recorded } from './run.js';

describe('what depends on constants alone is computed once', () => {
  it('with all that follows, and leaves no memory behind', () => {
    const f = (x: tf.Tensor, c: tf.Tensor): tf.Tensor => tf.mul(x, tf.rsqrt(tf.add(tf.relu(c), 1)));
    const trial = { f, shapes: [[3], [3]], constants: 1, exact: true };
    expect(kernelsAfter([foldConstants], trial)).to.deep.equal(['Multiply']);
    const graph = recorded(trial);
    const before = tf.memory().numDataBuffers;
    foldConstants(graph);
    expect(tf.memory().numDataBuffers).to.equal(before);
  });

  it('results and parts among them', () => {
    const f = (x: tf.Tensor, c: tf.Tensor): tf.Tensor[] => {
      const [a, b] = tf.split(tf.exp(c), 2);
      return [a, tf.add(x, b), tf.cast(tf.greater(c, 0), 'float32')];
    };
    const trial = { f, shapes: [[2], [4]], constants: 1, exact: true };
    expect(kernelsAfter([foldConstants, removeDeadCode], trial)).to.deep.equal(['Add']);
  });

  it('but nothing that an argument goes into, nor what is drawn', () => {
    const f = (x: tf.Tensor, c: tf.Tensor): tf.Tensor => tf.add(tf.exp(x), tf.mul(x, c));
    const trial = { f, shapes: [[3], [3]], constants: 1, exact: true };
    expect(kernelsAfter([foldConstants], trial)).to.deep.equal(['Exp', 'Multiply', 'Add']);
    const draws = recorded({
      f: (c: tf.Tensor) => tf.multinomial(tf.relu(c) as tf.Tensor1D, 3, 5),
      shapes: [[4]],
      constants: 1,
    });
    const { nodes } = foldConstants(draws);
    expect(nodes.map((node) => node.kind === 'kernel' && node.name)).to.deep.equal(['Multinomial']);
  });

  it('and gives the graph back as it is when there is nothing', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.exp(x);
    expect(passed([foldConstants], { f, shapes: [[3]], exact: true }).constants.size).to.equal(0);
  });
});
