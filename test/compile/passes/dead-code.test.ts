import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { record } from '../../../src/compile/record.js';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import type { Graph } from '../../../src/compile/graph.js';
import { key, split, uniform } from '../../../src/random/index.js';
import { kernelsAfter, namesOf, passed } from './run.js';

describe('what nobody reads is dropped', () => {
  it('kernels, with all that only they read, and their constants', () => {
    const f = (x: tf.Tensor): tf.Tensor => {
      tf.mul(tf.exp(x), 3);
      return tf.relu(x);
    };
    const graph = passed([removeDeadCode], { f, shapes: [[3]], exact: true });
    expect(namesOf(graph)).to.deep.equal(['Relu']);
    expect(graph.constants.size).to.equal(0);
  });

  it('but no kernel of which one of several results is read', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.split(tf.tanh(x), 2)[1];
    expect(kernelsAfter([removeDeadCode], { f, shapes: [[4]], exact: true })).to.deep.equal([
      'Tanh',
      'SplitV',
    ]);
  });

  it('and no constant that is a result', () => {
    const two = tf.scalar(2);
    const f = (x: tf.Tensor): tf.Tensor[] => [x, two];
    const graph = passed([removeDeadCode], { f, shapes: [[4]], exact: true });
    expect([namesOf(graph), graph.constants.size]).to.deep.equal([[], 1]);
    two.dispose();
  });

  it('random operations, unless their tensors or keys are read', () => {
    const recordedWith = (f: (k: Uint32Array) => unknown): Graph => {
      let graph!: Graph;
      tf.tidy(() => {
        const k = key(1);
        ({ graph } = record(() => f(k) as tf.Tensor, [], [k]));
      });
      return removeDeadCode(graph);
    };
    expect(namesOf(recordedWith((k) => (uniform(k, [2]), tf.ones([1]))))).to.not.include('uniform');
    expect(namesOf(recordedWith((k) => uniform(split(k)[0], [2])))).to.deep.equal(['split', 'uniform']);
    expect(namesOf(recordedWith((k) => split(k)[1]))).to.deep.equal(['split']);
  });
});
