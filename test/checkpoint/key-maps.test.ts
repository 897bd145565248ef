import { gather, stack, unstack, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { fromFlax, fromKeras, fromTorch, loadInto, type KeyMap } from '../../src/checkpoint/index.js';
import { expectClose } from '../support/compare.js';
import { goldenArrays, goldenTensor, goldenValues } from '../support/goldens.js';
import { tolerances } from '../support/tolerances.js';
import { expectError } from './support.js';

const arrays = goldenArrays('checkpoint/key-maps.safetensors');

/** The module that takes a layer's place, and its name. */
const attention = (x: Tensor): Tensor =>
  new hk.MultiHeadAttention(2, 2, { wInitScale: 1, name: 'it' }).call(x, x, x);
const lstm = (x: Tensor): Tensor => {
  const core = new hk.LSTM(3, { name: 'it' });
  let state = core.initialState(x.shape[0]);
  const steps = unstack(x, 1).map((step) => {
    const [y, next] = core.call(step, state);
    state = next;
    return y;
  });
  return stack(steps, 1);
};
const linear = (x: Tensor): Tensor => new hk.Linear(3, { name: 'it' }).call(x);
const batchNorm = (x: Tensor): Tensor =>
  new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9, name: 'it' }).call(
    x,
    hk.runningInit(),
  );
const embed = (ids: Tensor): Tensor => new hk.Embed({ vocabSize: 5, embedDim: 3, name: 'it' }).call(ids);
const modules: Record<string, (x: Tensor) => Tensor> = {
  linear,
  dense: linear,
  conv: (x) => new hk.Conv2D(3, [3, 2], { padding: 'VALID', name: 'it' }).call(x),
  depthwiseConv: (x) => new hk.DepthwiseConv2D(2, 3, { padding: 'VALID', name: 'it' }).call(x),
  convTranspose: (x) =>
    new hk.Conv2DTranspose(3, [3, 2], { stride: 2, padding: 'VALID', name: 'it' }).call(x),
  batchNorm,
  batchNorm1d: batchNorm,
  layerNorm: (x) => new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true, name: 'it' }).call(x),
  embedding: embed,
  embed,
  lstm,
  lstmCell: lstm,
  attention,
};

const systems: Record<string, (layer: string, kind: string) => KeyMap> = {
  torch: (layer, kind) =>
    // torch has no layer for depthwise convolutions: they are convolutions in groups.
    fromTorch({ [layer]: { kind: (kind === 'depthwiseConv' ? 'conv' : kind) as 'conv', to: 'it' } }),
  keras: (layer, kind) =>
    fromKeras({ [kind === 'lstm' ? `${layer}/lstm_cell` : layer]: { kind: kind as 'conv', to: 'it' } }),
  flax: (layer, kind) => fromFlax({ [layer]: { kind: kind as 'conv', to: 'it' } }),
};

describe('key maps, against the layers they are of', () => {
  const cases = new Set([...arrays.keys()].map((key) => key.split(':')[0]));

  it('are all there', () => {
    expect(cases.size).to.equal(30);
  });

  for (const name of cases) {
    it(name, () => {
      const [system, kind] = name.split('/');
      const prefix = `${name}:weights/`;
      const weights = Object.fromEntries(
        [...arrays]
          .filter(([key, { dtype }]) => key.startsWith(prefix) && dtype !== 'I64')
          .map(([key, array]) => [key.slice(prefix.length), goldenTensor(array)]),
      );
      const model = hk.transformWithState(modules[kind]);
      const x = goldenTensor(arrays.get(`${name}:x`)!);
      const [params, state] = model.init(1, x);
      const map = systems[system]('layer', kind);
      const loaded = loadInto({ ...params, ...state }, { '': weights }, { map });
      const pick = <T extends object>(tree: T): T =>
        Object.fromEntries(Object.keys(tree).map((key) => [key, loaded[key]])) as T;
      const [y, after] = model.apply(pick(params), pick(state), null, x);
      const expected = arrays.get(`${name}:y`)!;
      expect(y.shape).to.deep.equal(expected.shape);
      expectClose(y, goldenValues(expected), tolerances.output, name);
      hk.tree.dispose([weights, x, params, state, loaded, y, after]);
    });
  }

  it('names the array that a layer lacks', () => {
    const x = gather([1, 2], [0]);
    expectError(
      'checkpoint-mismatch',
      () =>
        loadInto(
          { it: { w: x } },
          { '': { 'fc.bias': x } },
          { map: fromTorch({ fc: { kind: 'linear', to: 'it' } }) },
        ),
      "no 'fc.weight'",
    );
    x.dispose();
  });
});
