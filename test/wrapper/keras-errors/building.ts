import { add, grad, mul, ones, sum, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { identity, make, named, passing, returning, run, type Cases } from './support.js';

export const building: Cases = {
  'build.params_given_wins_over_init_fn': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (params: { a: Tensor }, inputs: Tensor) =>
        mul(inputs, params.a),
      );
      const initFn = named(['rng', 'inputs'], () => {
        throw new Error('must not run');
      });
      run({ callFn, initFn, params: { a: 2 } }, x, (output) => {
        expect([...output.dataSync()]).to.deep.equal(Array(6).fill(2));
      });
    },
  },
  'build.params_given_state_none_stateful_returns_state': {
    throws: 'wrapper-state-mismatch',
    when: returning(() => ({ s: ones([]) }), {}),
  },
  'build.params_given_state_none_returns_none': { works: (x) => run({ callFn: passing, params: {} }, x) },
  'build.state_given_params_none': {
    works: (x) => {
      const callFn = named(
        ['params', 'state', 'inputs'],
        (params: unknown, state: unknown, inputs: Tensor) => {
          expect(params).to.equal(null);
          return [inputs, state];
        },
      );
      const initFn = named(['rng', 'inputs'], () => [{ w: 1 }, { s: 1 }]);
      run({ callFn, initFn, state: { s: 1 } }, x);
    },
  },
  'build.init_returns_single_for_stateful': {
    throws: 'wrapper-init-result',
    when: (x) => run({ callFn: passing, initFn: named(['rng', 'inputs'], () => ({ a: 1 })) }, x),
  },
  'build.init_returns_2key_dict_for_stateful': {
    throws: 'wrapper-init-result',
    when: (x) => run({ callFn: passing, initFn: named(['rng', 'inputs'], () => ({ a: 1, b: 1 })) }, x),
  },
  'build.init_returns_list_for_stateful': {
    works: (x) => run({ callFn: passing, initFn: named(['rng', 'inputs'], () => [{}, {}]) }, x),
  },
  'build.init_returns_tuple_for_stateless': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (params: unknown[], inputs: Tensor) =>
        add(inputs, params.length),
      );
      run({ callFn, initFn: named(['rng', 'inputs'], () => [{}, {}]) }, x, (output) => {
        expect(output.dataSync()[0]).to.equal(3);
      });
    },
  },
  'build.in_jit': {
    throws: 'wrapper-build-in-gradient',
    when: (x) => {
      const layer = make({ callFn: identity, initFn: named(['rng', 'inputs'], () => ({ a: 1 })) });
      grad((inputs) => sum(layer.apply(inputs)))(x);
    },
  },
  'call.stateful_returns_only_outputs': {
    throws: 'wrapper-output-invalid',
    when: (x) =>
      run(
        {
          callFn: named(['params', 'state', 'inputs'], (_p: unknown, _s: unknown, i: Tensor) => i),
          params: {},
          state: {},
        },
        x,
      ),
  },
  'call.stateful_returns_only_outputs_3rows': {
    throws: 'wrapper-output-invalid',
    when: (x) =>
      run(
        {
          callFn: named(['params', 'state', 'inputs'], (_p: unknown, _s: unknown, i: Tensor) => [i, i, i]),
          params: {},
          state: {},
        },
        x,
      ),
  },
  'call.stateful_returns_list_ok': { works: (x) => run({ callFn: passing, params: {}, state: {} }, x) },
  'call.stateless_returns_tuple_is_output': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (_p: unknown, inputs: Tensor) => [inputs, {}]);
      run({ callFn, params: {} }, x, (output) => {
        expect((output as unknown as [Tensor, unknown])[1]).to.deep.equal({});
      });
    },
  },
};
