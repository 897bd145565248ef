import { add, matMul, ones, randomNormal, train, zeros, dispose, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { layerJaxModelWrapper, signature } from '../../src/wrapper/index.js';

interface Params {
  w: Tensor;
  b: Tensor;
}
const callFn = signature(['params', 'inputs'], (params: Params, inputs: Tensor) =>
  add(matMul(inputs, params.w), params.b),
);
const initFn = signature(['rng', 'inputs'], (_rng: hk.PRNGKey, inputs: Tensor) => ({
  w: ones([inputs.shape[1]!, 2]),
  b: zeros([2]),
}));

describe('layerJaxModelWrapper', () => {
  it('adds the layer to a sequential model in place and trains it', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [3] })] });
    const returned = layerJaxModelWrapper(model, { callFn, initFn, name: 'linear' });
    expect(returned).to.equal(model);
    expect(model.outputs[0].shape).to.deep.equal([null, 2]);
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const x = randomNormal([8, 3]);
    const y = zeros([8, 2]);
    const history = await model.fit(x, y, { epochs: 5 });
    expect(history.history.loss[4]).to.be.lessThan(history.history.loss[0] as number);
    dispose([x, y]);
    model.dispose();
    optimizer.dispose();
  });
  it('applies to a symbolic tensor, and to null', () => {
    const input = tfl.input({ shape: [3] });
    const output = layerJaxModelWrapper(input, { callFn, initFn });
    const model = tfl.model({ inputs: input, outputs: output });
    const x = ones([2, 3]);
    const y = model.predict(x) as Tensor;
    const layer = layerJaxModelWrapper(null, { callFn, initFn });
    const z = layer.apply(x);
    expect([...z.dataSync()]).to.deep.equal([...y.dataSync()]);
    dispose([x, y, z]);
    model.dispose();
    layer.dispose();
  });
});
