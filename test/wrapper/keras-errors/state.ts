import { mul, ones, scalar, tensor1d, train, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { disposeAll, modelOf } from '../support/fit.js';
import { listOfOne, make, named, passing, returning, run, type Cases } from './support.js';

async function fitWith(x: Tensor2D, params: unknown): Promise<void> {
  const callFn = named(['params', 'inputs'], (p: { a: Tensor; n: Tensor }, inputs: Tensor) =>
    mul(mul(inputs, p.a), p.n),
  );
  const layer = make({ callFn, params });
  const model = modelOf(layer, [3]);
  const optimizer = train.sgd(0.1);
  model.compile({ optimizer, loss: 'meanSquaredError' });
  await model.fit(x, x, {});
  expect(layer.nonTrainableWeights).to.have.length(1);
  disposeAll(model, optimizer);
}

export const state: Cases = {
  'state_mismatch.sequence_instead_of_mapping': {
    throws: 'wrapper-state-mismatch',
    when: returning(listOfOne, { state: [0] }),
  },
  'state_mismatch.mapping_instead_of_sequence': {
    throws: 'wrapper-state-mismatch',
    when: returning(listOfOne, { state: { state: { foo: 0 } } }),
  },
  'state_mismatch.sequence_instead_of_variable': {
    throws: 'wrapper-state-mismatch',
    when: returning(listOfOne, { state: { state: [[0]] } }),
  },
  'state_mismatch.no_initial_state': {
    throws: 'wrapper-state-mismatch',
    when: returning(listOfOne, { state: null }),
  },
  'state_mismatch.missing_dict_key': {
    throws: 'wrapper-state-mismatch',
    when: returning(listOfOne, { state: { state: {} } }),
  },
  'state_mismatch.missing_variable_in_list': {
    throws: 'wrapper-state-mismatch',
    when: returning(listOfOne, { state: { state: { foo: [2] } } }),
  },
  'state_mismatch.extra_key': {
    throws: 'wrapper-state-mismatch',
    when: returning(() => ({ s: zeros([2]), t: 1 }), { state: { s: new Float32Array(2) } }),
  },
  'state_mismatch.leaf_to_none': {
    throws: 'wrapper-state-mismatch',
    when: returning(() => ({ s: null }), { state: { s: new Float32Array(2) } }),
  },
  'state_mismatch.none_to_leaf': {
    throws: 'wrapper-state-mismatch',
    when: returning(() => ({ s: ones([2]) }), { state: { s: null } }),
  },
  'state_mismatch.shape': {
    throws: 'wrapper-state-mismatch',
    when: returning(() => ({ s: ones([3]) }), { state: { s: new Float32Array(2) }, name: 'L' }),
  },
  'state_mismatch.dtype_is_cast': {
    works: (x) => {
      const callFn = named(['params', 'state', 'inputs'], (_p: unknown, _s: unknown, inputs: Tensor) => [
        inputs,
        { s: tensor1d([1.7, -1.7]) },
      ]);
      run({ callFn, params: {}, state: { s: new Int32Array(2) } }, x, (_output, layer) => {
        expect([...layer.weights[0].read().dataSync()]).to.deep.equal([1, -1]);
      });
    },
  },
  'state.none_leaf_ok': { works: (x) => run({ callFn: passing, state: { foo: null } }, x) },
  'state.str_leaf_call': { works: (x) => run({ callFn: passing, state: { foo: 'bar' } }, x) },
  'params.str_leaf_call': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (params: { foo: string }, inputs: Tensor) => {
        expect(params.foo).to.equal('bar');
        return inputs;
      });
      run({ callFn, params: { foo: 'bar' } }, x);
    },
  },
  'params.int_leaf_fit': { works: (x) => fitWith(x, { a: 1, n: Int32Array.of(2) }) },
  'params.bool_leaf_fit': { works: (x) => fitWith(x, { a: 1, n: true }) },
  'fit.donates_user_arrays': {
    works: async (x) => {
      const a = scalar(1);
      await fitWith(x, { a, n: true });
      expect(a.dataSync()[0]).to.equal(1);
      a.dispose();
    },
  },
};
