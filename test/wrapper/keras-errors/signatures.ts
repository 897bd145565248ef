import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { signature } from '../../../src/wrapper/index.js';
import { identity, make, named, run, withKey, type Cases } from './support.js';

export const signatures: Cases = {
  'sig.missing_inputs.call_fn': {
    throws: 'wrapper-signature-argument',
    sameText: true,
    when: () => make({ callFn: named(['params', 'rng', 'training'], () => 0), params: {} }),
  },
  'sig.missing_inputs.init_fn': {
    throws: 'wrapper-signature-argument',
    sameText: true,
    when: () => make({ callFn: identity, initFn: named(['rng', 'training'], () => ({})) }),
  },
  'sig.unsupported.call_fn': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: named(['params', 'rng', 'inputs', 'mode'], () => 0), params: {} }),
  },
  'sig.unsupported.init_fn': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: identity, initFn: named(['rng', 'inputs', 'mode'], () => ({})) }),
  },
  'sig.init_fn_with_params': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: identity, initFn: named(['params', 'inputs'], () => ({})) }),
  },
  'sig.varargs_only': {
    throws: 'wrapper-signature-missing',
    when: () => make({ callFn: (..._args: unknown[]) => 0, params: {} }),
  },
  'sig.varkw_only': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: signature([], () => 0, { object: true }), params: {} }),
  },
  'sig.inputs_plus_varargs': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: named(['params', 'inputs', 'args'], () => 0), params: {} }),
  },
  'sig.inputs_plus_kwargs': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: named(['params', 'inputs', 'kwargs'], () => 0), params: {} }),
  },
  'sig.optional_unknown_default': {
    throws: 'wrapper-signature-argument',
    when: () => make({ callFn: named(['params', 'inputs', 'temperature'], () => 0), params: {} }),
  },
  'sig.x_instead_of_inputs': {
    throws: 'wrapper-signature-argument',
    sameText: true,
    when: () => make({ callFn: named(['params', 'x'], () => 0), params: {} }),
  },
  'sig.order_free': {
    works: (x) => {
      const callFn = named(
        ['training', 'inputs', 'rng', 'state', 'params'],
        (training: boolean, inputs: Tensor, rng: unknown, state: unknown, params: unknown) => {
          expect([training, rng, state, params]).to.deep.equal([false, null, {}, {}]);
          return [inputs, state];
        },
      );
      run({ callFn, params: {}, state: {} }, x);
    },
  },
  'sig.keyword_only_accepted_then_fails': {
    works: (x) => {
      const callFn = signature(['params', 'inputs'], ({ inputs }: { inputs: Tensor }) => inputs, {
        object: true,
      });
      run({ callFn, params: {} }, x);
    },
  },
  'sig.partial_keyword_bound': {
    // There are no keyword arguments to bind: a bound function has its remaining arguments named.
    works: (x) => {
      const scale = (factor: number, _params: unknown, inputs: Tensor): Tensor => mul(inputs, factor);
      const callFn = named(['params', 'inputs'], scale.bind(null, 3));
      run({ callFn, params: {} }, x, (output) => {
        expect(output.dataSync()[0]).to.equal(3);
      });
    },
  },
  'sig.call_fn_not_callable': {
    throws: 'wrapper-function-invalid',
    sameText: true,
    when: () => make({ callFn: 3, params: {} }),
  },
  'sig.call_fn_none': { throws: 'wrapper-function-invalid', when: () => make({ callFn: null, params: {} }) },
  'sig.init_fn_not_callable': {
    throws: 'wrapper-function-invalid',
    sameText: true,
    when: () => make({ callFn: identity, initFn: 3 }),
  },
  'sig.no_signature_builtin': {
    throws: 'wrapper-signature-missing',
    when: () => make({ callFn: Math.max, params: {} }),
  },
  'sig.hk_with_empty_state': {
    works: (x) => {
      const { apply } = hk.withEmptyState(hk.transform((inputs: Tensor) => inputs));
      run({ callFn: apply, params: {}, state: {} }, x);
    },
  },
  'ctor.all_none': { throws: 'wrapper-init-missing', sameText: true, when: () => make({ callFn: identity }) },
  'ctor.all_none_state_only': {
    throws: 'wrapper-init-missing',
    sameText: true,
    when: () => make({ callFn: named(['state', 'inputs'], () => 0) }),
  },
  'ctor.stateless_ok': { works: (x) => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, x) },
  'ctor.unknown_kwarg': {
    throws: 'wrapper-option-invalid',
    when: () => make({ callFn: identity, params: {}, foo: 1 }),
  },
  'ctor.seed_float': {
    throws: 'wrapper-seed-invalid',
    sameText: true,
    when: () => make({ callFn: withKey, params: {}, seed: 1.5 }),
  },
  'ctor.seed_float_without_rng_is_ignored': {
    works: () => make({ callFn: identity, params: {}, seed: 1.5 }).dispose(),
  },
  'ctor.seed_generator': {
    throws: 'wrapper-seed-invalid',
    when: () => make({ callFn: withKey, params: {}, seed: new hk.PRNGSequence(3) }),
  },
  'ctor.seed_negative': {
    throws: 'wrapper-seed-invalid',
    when: () => make({ callFn: withKey, params: {}, seed: -3 }),
  },
  'ctor.seed_2_32': {
    throws: 'wrapper-seed-invalid',
    when: () => make({ callFn: withKey, params: {}, seed: 2 ** 32 }),
  },
  'ctor.name_slash': {
    throws: 'wrapper-option-invalid',
    when: () => make({ callFn: identity, params: {}, name: 'a/b' }),
  },
  'ctor.trainable_not_bool': {
    throws: 'wrapper-option-invalid',
    when: () => make({ callFn: identity, params: {}, trainable: 'yes' }),
  },
  'ctor.typed_key_leaf': {
    // All keys are raw; they become weights that do not train.
    works: (x) =>
      run({ callFn: identity, params: { key: hk.random.key(0) } }, x, (_output, layer) => {
        expect(layer.nonTrainableWeights.map(({ dtype, shape }) => [dtype, shape])).to.deep.equal([
          ['int32', [2]],
        ]);
      }),
  },
};
