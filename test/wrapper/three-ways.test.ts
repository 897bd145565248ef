import {
  add,
  dispose,
  matMul,
  memory,
  ones,
  randomNormal,
  train,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { layerJaxModelWrapper, signature } from '../../src/wrapper/index.js';
import { expectTanka } from './support/errors.js';

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

  it('frees a layer that nobody can reach: applied to values, or not applied at all', () => {
    const before = memory().numTensors;
    const x = ones([3, 3]);
    const outputs = [
      layerJaxModelWrapper(x, { callFn, initFn }),
      layerJaxModelWrapper([[1, 2, 3]], { callFn, initFn }),
      layerJaxModelWrapper([[1, 2, 3]], { callFn, params: { w: x, b: 0 } }),
    ];
    expect(outputs.map(({ shape }) => shape)).to.deep.equal([
      [3, 2],
      [1, 2],
      [1, 3],
    ]);
    expectTanka('wrapper-inputs-invalid', () =>
      layerJaxModelWrapper('x' as never, { callFn, params: { w: x, b: 0 } }),
    );
    dispose([x, ...outputs]);
    expect(memory().numTensors).to.equal(before);
  });

  it('takes numbers of any depth, and nestings of them; ragged ones are refused', () => {
    const sum = signature(['inputs'], ({ a, b: [c] }: { a: Tensor; b: [Tensor] }) => add(a, c));
    const output = layerJaxModelWrapper(
      { a: [1, 2], b: [3, 4] },
      {
        callFn: signature(['inputs'], ({ a, b }: { a: Tensor; b: Tensor }) => add(a, b)),
      },
    );
    expect([...output.dataSync()]).to.deep.equal([4, 6]);
    output.dispose();
    const error = expectTanka('wrapper-inputs-invalid', () =>
      layerJaxModelWrapper({ a: [[1, 2], [3]], b: [1] }, { callFn: sum }),
    );
    expect(error.message).to.include('[[1,2],[3]] is ragged');
  });
});
