import { add, mul, ones, train, zeros, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, signature } from '../../src/wrapper/index.js';
import { disposeAll, modelOf } from './support/fit.js';

describe('a model without a trainable weight', () => {
  it('is fitted, reports its loss and moves its state', async () => {
    const callFn = signature(['state', 'inputs', 'training'], (n: Tensor, x: Tensor, training: boolean) => [
      mul(x, 3),
      training ? add(n, 1) : n,
    ]);
    const layer = new JaxLayer({ callFn, state: 0 });
    const model = modelOf(layer, [2]);
    const optimizer = train.adam(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] });
    const [x, y] = [ones([8, 2]), zeros([8, 2])];
    const { history } = await model.fit(x, y, { batchSize: 2, epochs: 2 });
    expect(history.loss).to.deep.equal([9, 9]);
    expect(await model.trainOnBatch(x, y)).to.deep.equal([9, 3]);
    expect((layer.state as Tensor).dataSync()[0]).to.equal(9);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('that is frozen, before or after it was compiled, keeps its weights', async () => {
    const callFn = signature(['params', 'inputs'], (w: Tensor, x: Tensor) => mul(x, w));
    const warn = console.warn;
    for (const when of ['before', 'after']) {
      const layer = new JaxLayer({ callFn, params: 2 });
      const model = modelOf(layer, [2]);
      const optimizer = train.sgd(0.1);
      if (when === 'before') layer.trainable = false;
      model.compile({ optimizer, loss: 'meanSquaredError' });
      layer.trainable = false;
      const [x, y] = [ones([4, 2]), zeros([4, 2])];
      const warnings: string[] = [];
      console.warn = (text: string) => warnings.push(text);
      try {
        const { history } = await model.fit(x, y);
        expect(history.loss).to.deep.equal([4]);
      } finally {
        console.warn = warn;
      }
      expect(warnings.some((text) => text.startsWith('Discrepancy'))).to.equal(when === 'after');
      expect((layer.params as Tensor).dataSync()[0]).to.equal(2);
      hk.tree.dispose([x, y]);
      disposeAll(model, optimizer);
    }
  });

  it('leaves the training of others as it is', async () => {
    const model = modelOf(tfl.layers.dense({ units: 1, kernelInitializer: 'ones', useBias: false }), [1]);
    const optimizer = train.sgd(0.25);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [ones([1, 1]), zeros([1, 1])];
    await model.fit(x, y);
    expect(model.getWeights()[0].dataSync()[0]).to.equal(0.5);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });
});
