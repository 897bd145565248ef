import { add, memory, ones, sum, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';
import { gradientsOf } from '../support/gradients.js';

function net(x: Tensor): Tensor {
  return new hk.nets.MLP([4, 3]).call(x);
}

describe('hk.capture', () => {
  it('collects outputs by module name around apply', () => {
    const model = hk.transform(net);
    const x = ones([2, 5]);
    const params = model.init(42, x);
    const [y, captured] = hk.capture(() => model.apply(params, null, x));
    expect(Object.keys(captured)).to.deep.equal(['mlp/~/linear_0', 'mlp/~/linear_1', 'mlp']);
    expect(captured['mlp/~/linear_0'].map(({ shape }) => shape)).to.deep.equal([[2, 4]]);
    expect([...captured.mlp[0].dataSync()]).to.deep.equal([...y.dataSync()]);
    // The result and what was captured of the same tensor are different handles.
    y.dispose();
    expect(captured.mlp[0].isDisposed).to.equal(false);
    hk.tree.dispose([captured, params, x]);
  });

  it('has one entry for each call', () => {
    const model = hk.transform((x: Tensor) => {
      const linear = new hk.Linear(5);
      return linear.call(linear.call(x));
    });
    const x = ones([2, 5]);
    const params = model.init(42, x);
    const [y, { linear }] = hk.capture(() => model.apply(params, null, x));
    expect(linear).to.have.lengthOf(2);
    expect([...linear[1].dataSync()]).to.deep.equal([...y.dataSync()]);
    hk.tree.dispose([y, linear, params, x]);
  });

  it('filters by name and by module', () => {
    const model = hk.transform(net);
    const x = ones([2, 5]);
    const params = model.init(42, x);
    const byName = hk.capture(
      () => model.apply(params, null, x),
      (name) => name.endsWith('_1'),
    );
    const byModule = hk.capture(
      () => model.apply(params, null, x),
      (_, module) => module instanceof hk.nets.MLP,
    );
    expect(Object.keys(byName[1])).to.deep.equal(['mlp/~/linear_1']);
    expect(Object.keys(byModule[1])).to.deep.equal(['mlp']);
    hk.tree.dispose([byName, byModule, params, x]);
  });

  it('lets gradients through inside a transformed function', () => {
    const model = hk.transform((x: Tensor) => {
      const [y, captured] = hk.capture(() => net(x));
      return add<Scalar>(sum(y), sum(captured['mlp/~/linear_0'][0]));
    });
    const plain = hk.transform((x: Tensor) => sum<Scalar>(net(x)));
    const x = ones([2, 5]);
    const params = model.init(42, x);
    const found = gradientsOf((p, [input]) => model.apply(p, null, input), params, [x]);
    const without = gradientsOf((p, [input]) => plain.apply(p, null, input), params, [x]);
    const bias = found.params['mlp/~/linear_0'].b.dataSync() as Float32Array;
    // The captured output adds one for each of the two examples.
    const expected = (without.params['mlp/~/linear_0'].b.dataSync() as Float32Array).map((g) => g + 2);
    expectClose(bias, expected, 1e-6);
    hk.tree.dispose([found, without, params, x]);
  });

  it('collects nested outputs, and outputs of modules in loops', () => {
    const model = hk.transform((xs: Tensor) => {
      const core = new hk.LSTM(3);
      return hk.dynamicUnroll(core, xs, core.initialState(2))[0];
    });
    const xs = ones([4, 2, 5]);
    const params = model.init(42, xs);
    const [y, captured] = hk.capture<Tensor, [Tensor, hk.LSTMState]>(
      () => model.apply(params, null, xs),
      (name) => name === 'lstm',
    );
    expect(captured.lstm).to.have.lengthOf(4);
    const [output, state] = captured.lstm[3];
    tidy(() => {
      expect([...output.dataSync()]).to.deep.equal([...y.dataSync()].slice(-6));
      expect([...state.hidden.dataSync()]).to.deep.equal([...output.dataSync()]);
    });
    hk.tree.dispose([y, captured, params, xs]);
  });

  it('leaves nothing behind when the function throws', () => {
    const model = hk.transform((x: Tensor): Tensor => {
      net(x);
      throw new Error('after the network');
    });
    const x = ones([2, 5]);
    const before = memory().numTensors;
    expect(() => hk.capture(() => model.init(42, x))).to.throw('after the network');
    expect(memory().numTensors).to.equal(before);
    x.dispose();
  });
});
