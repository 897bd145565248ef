import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant } = hk.initializers;

describe('Haiku intents F: multiTransform', () => {
  const autoencoder = hk.multiTransform(() => {
    const encoder = new hk.Linear(2, { name: 'encoder' });
    const decoder = new hk.Linear(3, { name: 'decoder' });
    const encode = (x: tf.Tensor): tf.Tensor => encoder.call(x);
    const decode = (z: tf.Tensor): tf.Tensor => decoder.call(z);
    return [(x: tf.Tensor) => decode(encode(x)), { encode, nested: [decode] }];
  });

  it('F8 has one init and a nesting of applies, which share parameters', () => {
    const x = tf.ones([1, 3]);
    const params = autoencoder.init(1, x);
    expect(Object.keys(params)).to.deep.equal(['encoder', 'decoder']);
    const z = autoencoder.apply.encode(params, null, x);
    const y = autoencoder.apply.nested[0](params, null, z);
    expect([z.shape, y.shape]).to.deep.equal([
      [1, 2],
      [1, 3],
    ]);
    hk.tree.dispose([x, params, z, y]);
  });

  it('F8 carries state, and refuses it without', () => {
    const make = () => {
      const n = hk.getState('n', [], { init: constant(5) });
      const next = (): tf.Tensor => (hk.setState('n', tf.add(n, 1)), n);
      return [next, [next]] as const;
    };
    const model = hk.multiTransformWithState(make);
    const [params, state] = model.init(null);
    const [y, after] = model.apply[0](params, state, null);
    expect([values(y), values(after['~'].n)]).to.deep.equal([[5], [6]]);
    hk.tree.dispose([state, y, after]);
    const without = hk.multiTransform(make);
    expect(errorCode(() => without.init(null))).to.equal('state-not-empty');
  });

  it('F8 takes empty nestings, loses its rng on request, and refuses what is no function', () => {
    const empty = hk.multiTransform(() => [() => undefined, {}]);
    expect([empty.init(null), empty.apply]).to.deep.equal([{}, {}]);
    const { apply } = hk.withoutApplyRng(autoencoder);
    const x = tf.ones([1, 3]);
    const params = autoencoder.init(1, x);
    const z = apply.encode(params, x);
    expect(z.shape).to.deep.equal([1, 2]);
    hk.tree.dispose([x, params, z]);
    expect(errorCode(() => hk.multiTransform(() => [() => undefined, { a: 3 }]))).to.equal(
      'multi-transform-function',
    );
  });

  it('F8 parameters made before the functions are returned are one for all of them', () => {
    const model = hk.multiTransform(() => {
      const w = hk.getParameter('w', [], { init: constant(2) });
      const same = (): boolean => w === hk.getParameter('w', []);
      return [same, { same, nothing: null, deep: [[same]] }];
    });
    const params = model.init(null);
    expect(Object.keys(params)).to.deep.equal(['~']);
    expect([model.apply.same(params, null), model.apply.deep[0][0](params, null)]).to.deep.equal([
      true,
      true,
    ]);
    expect(model.apply.nothing).to.equal(null);
    hk.tree.dispose(params);
  });
});
