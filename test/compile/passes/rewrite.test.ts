import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import type { Graph, KernelNode } from '../../../src/compile/graph.js';
import { rewrite, Surroundings, type Match } from '../../../src/compile/passes/rewrite.js';
import { namesOf, passed, recorded, type Trial } from './run.js';

/** Puts the negative of `x` in the place of `-1 * (x + 0)`, however much of it others read. */
function negations(graph: Graph): Graph {
  return rewrite(graph, function* (product, near): Generator<Match> {
    const sum = product.name === 'Multiply' ? near.from(product.inputs.a as never, 'Add') : undefined;
    if (sum === undefined || near.scalar(product.inputs.b as never) !== -1) return;
    const made: KernelNode = {
      kind: 'kernel',
      name: 'Neg',
      inputs: { x: sum.inputs.a },
      attributes: {},
      outputs: product.outputs,
    };
    yield { nodes: [sum, product], made };
  });
}

const negated = (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(x, 0), -1);
const names = (f: Trial['f']): string[] =>
  namesOf(passed([negations], { f, shapes: [[4], [4]], exact: true }));

describe('a match is replaced', () => {
  it('where nobody else reads what its nodes write', () => {
    expect(names((x: tf.Tensor) => negated(x))).to.deep.equal(['Neg']);
    expect(names((x: tf.Tensor) => tf.exp(negated(tf.tanh(x))))).to.deep.equal(['Tanh', 'Neg', 'Exp']);
  });

  it('as often as it is there, and none of its nodes twice', () => {
    expect(names((x: tf.Tensor, y: tf.Tensor) => tf.add(negated(x), negated(y)))).to.deep.equal([
      'Neg',
      'Neg',
      'Add',
    ]);
    const shared = (x: tf.Tensor): tf.Tensor[] => {
      const sum = tf.add(x, 0);
      return [tf.mul(sum, -1), tf.mul(sum, -1)];
    };
    expect(names(shared)).to.deep.equal(['Add', 'Multiply', 'Multiply']);
  });

  it('but not where a value inside is a result, or is read by another node', () => {
    const result = (x: tf.Tensor): tf.Tensor[] => {
      const sum = tf.add(x, 0);
      return [tf.mul(sum, -1), sum];
    };
    expect(names(result)).to.deep.equal(['Add', 'Multiply']);
    const read = (x: tf.Tensor): tf.Tensor[] => {
      const sum = tf.add(x, 0);
      return [tf.mul(sum, -1), tf.exp(sum)];
    };
    expect(names(read)).to.deep.equal(['Add', 'Multiply', 'Exp']);
  });

  it('at the place of its last node', () => {
    const f = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
      const sum = tf.add(x, 0);
      const between = tf.exp(y);
      return tf.sub(tf.mul(sum, -1), between);
    };
    expect(names(f)).to.deep.equal(['Exp', 'Neg', 'Sub']);
  });

  it('with a new graph only where there is one', () => {
    const graph = recorded({ f: (x: tf.Tensor) => tf.exp(x), shapes: [[4]] });
    expect(negations(graph)).to.equal(graph);
  });
});

describe('the surroundings of nodes', () => {
  const setUp = () => {
    const graph = recorded({
      f: (x: tf.Tensor) => {
        const y = tf.exp(x);
        return [tf.add(y, y), tf.mul(tf.tanh(x), 2)];
      },
      shapes: [[4]],
    });
    const near = new Surroundings(graph);
    const [exp, add, tanh, mul] = ['Exp', 'Add', 'Tanh', 'Multiply'].map(
      (name) => graph.nodes.find((node) => node.kind === 'kernel' && node.name === name) as KernelNode,
    );
    return { graph, near, exp, add, tanh, mul };
  };

  it('writers and readers, by name', () => {
    const { graph, near, exp, add, tanh, mul } = setUp();
    expect(near.from(exp.outputs[0], 'Exp')).to.equal(exp);
    expect(near.from(exp.outputs[0], 'Tanh', 'Add')).to.equal(undefined);
    expect(near.from(graph.inputs[0])).to.equal(undefined);
    expect(near.readers(exp.outputs[0])).to.deep.equal([add]);
    expect(near.onlyReader(exp.outputs[0], 'Add'), 'read twice by one').to.equal(undefined);
    expect(near.onlyReader(tanh.outputs[0], 'Multiply')).to.equal(mul);
    expect(near.onlyReader(mul.outputs[0], 'Multiply'), 'a result').to.equal(undefined);
    expect(near.onlyFrom(exp.outputs[0], 'Exp')).to.equal(undefined);
    expect(near.onlyFrom(tanh.outputs[0], 'Tanh')).to.equal(tanh);
  });

  it('constants of one value, and new ones', () => {
    const { graph, near, mul } = setUp();
    expect(near.scalar(mul.inputs.b as never)).to.equal(2);
    expect(near.scalar(graph.inputs[0])).to.equal(undefined);
    const ones = near.filled(3, 1);
    expect(near.scalar(ones)).to.equal(undefined);
    expect([...(near.constants.get(ones.buffer)?.values ?? [])]).to.deep.equal([1, 1, 1]);
    expect(ones.buffer).to.be.at.least(graph.bufferCount);
  });
});
