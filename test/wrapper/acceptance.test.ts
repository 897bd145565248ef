import { greater, mul, ones, train, where, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { loadNpz, saveNpz } from '../../src/checkpoint/index.js';
import * as hk from '../../src/index.js';
import { FlaxLayer, JaxLayer, signature } from '../../src/wrapper/index.js';
import { disposeAll, modelOf } from './support/fit.js';

describe('wrapper layers at large', () => {
  it('train through a comparison', async () => {
    const callFn = signature(['params', 'inputs'], (w: Tensor, x: Tensor) => {
      const scaled = mul(x, w);
      return where(greater(scaled, 0), scaled, mul(scaled, 0.5));
    });
    const layer = new JaxLayer({ callFn, params: 1 });
    const model = modelOf(layer, [1]);
    const optimizer = train.sgd(0.25);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [ones([1, 1]), zeros([1, 1])];
    await model.fit(x, y);
    expect((layer.params as Tensor).dataSync()[0]).to.equal(0.5);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('FlaxLayer wraps hk.flax.Module(pair), and takes its variables from an npz file', () => {
    const pair = hk.transformWithState((x: Tensor2D, training: boolean) => {
      const norm = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 });
      return norm.call(new hk.Linear(4).call(x), training);
    });
    const module = hk.flax.Module(pair);
    const layer = new FlaxLayer({ module, seed: 1 });
    const x = ones([2, 3]);
    const trained = layer.apply(x, { training: true });
    const state = layer.state as { state: hk.flax.FlaxCollection };
    const counter = hk.flax.flattenFlaxToHaiku(state.state)['batch_norm/~/mean_ema'].counter;
    expect(counter.dataSync()[0]).to.equal(1);
    const first = layer.apply(x);

    const params = layer.params as { params: { linear: Record<string, Tensor> } };
    const read = loadNpz(saveNpz(params));
    expect([...read['params/linear'].w.dataSync()]).to.deep.equal([...params.params.linear.w.dataSync()]);
    const nested = { linear: read['params/linear'], batch_norm: read['params/batch_norm'] };
    const again = new FlaxLayer({ module, variables: { params: nested, ...state } });
    const second = again.apply(x);
    expect([...second.dataSync()]).to.deep.equal([...first.dataSync()]);
    hk.tree.dispose([x, trained, first, second, read]);
    layer.dispose();
    again.dispose();
  });
});
