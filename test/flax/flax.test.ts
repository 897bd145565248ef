import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const net = hk.transformWithState((x: tf.Tensor, training: boolean) => {
  const y = new hk.nets.MLP([4, 2]).call(x);
  return new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(y, training);
});

describe('flax', () => {
  it('shows a pair as a Flax module, nested by module', () => {
    const x = tf.ones([3, 5]);
    const flax = hk.flax.Module(net);
    const variables = flax.init({ params: hk.random.key(1) }, x, { training: true });
    expect(Object.keys(variables)).to.deep.equal(['params', 'state']);
    expect(Object.keys(variables.params)).to.deep.equal(['mlp', 'batch_norm']);
    const [params, state] = net.init(1, x, true);
    expect(Object.keys(hk.flax.flattenFlaxToHaiku(variables.params))).to.deep.equal(Object.keys(params));
    const y = flax.apply(variables, x, { training: false });
    const [output, changed] = flax.apply(variables, x, { training: true, mutable: ['state'] });
    const [expected, after] = net.apply(params, state, null, x, true);
    expect(values(output)).to.deep.equal(values(expected));
    expect(hk.flax.flattenFlaxToHaiku(changed.state)).to.have.all.keys(Object.keys(after));
    const nothing = flax.apply(variables, x, { training: true, mutable: ['other'] });
    expect(nothing[1]).to.deep.equal({});
    hk.tree.dispose([x, variables, params, state, y, output, changed, expected, after, nothing]);
    expect(errorCode(() => hk.flax.Module({ init: () => ({}), apply: () => 1 }))).to.equal('not-a-pair');
  });

  it('lifts a Flax module into a transform, and back to where it came from', () => {
    const x = tf.ones([3, 5]);
    const model = hk.transformWithState((v: tf.Tensor, training: boolean) =>
      hk.flax.lift(hk.flax.Module(net), { name: 'flax' })(v, { training }),
    );
    const [params, state] = model.init(7, x, true);
    expect(Object.keys(params)).to.include.members(['flax/mlp/~/linear_0', 'flax/batch_norm']);
    const [y, after] = model.apply(params, state, null, x, true);
    const ema = Object.keys(after).find((name) => name.endsWith('mean_ema')) as string;
    expect([values(state[ema].counter), values(after[ema].counter)]).to.deep.equal([[0], [1]]);
    expect(Object.keys(after)).to.deep.equal(Object.keys(state));
    hk.tree.dispose([x, params, state, y, after]);
  });

  it('flattens: what is at the top goes to ~', () => {
    const [a, b, c] = [tf.scalar(1), tf.scalar(2), tf.scalar(3)];
    const flat = hk.flax.flattenFlaxToHaiku({ a, mlp: { dense: { b }, c } });
    expect(flat).to.deep.equal({ '~': { a }, 'mlp/dense': { b }, mlp: { c } });
    hk.tree.dispose([a, b, c]);
  });
});
