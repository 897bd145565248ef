import { readFileSync } from 'node:fs';
import {
  add,
  matMul,
  mul,
  ones,
  scalar,
  tensor1d,
  tensor2d,
  train,
  zeros,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import {
  FlaxLayer,
  JaxLayer,
  layerJaxModelWrapper,
  signature,
  type JaxLayerOptions,
  type ModelArgument,
} from '../../src/wrapper/index.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, modelOf } from './support/fit.js';

interface KerasRecord {
  readonly id: string;
  readonly raises: boolean;
  readonly message?: string;
}

const records = JSON.parse(
  readFileSync(new URL('../goldens/wrapper/errors.json', import.meta.url), 'utf8'),
) as KerasRecord[];

/** What this library does where Keras did what the record says. */
type Case =
  | { readonly throws: string; readonly sameText?: true; readonly when: (x: Tensor2D) => unknown }
  | { readonly works: (x: Tensor2D) => unknown }
  | { readonly notHere: string };

const named = (
  names: readonly string[],
  fn: (...args: never[]) => unknown,
): ((...args: never[]) => unknown) => signature(names as readonly ModelArgument[], fn);
const identity = named(['params', 'inputs'], (_params: unknown, inputs: Tensor) => inputs);
const passing = named(['params', 'state', 'inputs'], (_p: unknown, state: unknown, inputs: Tensor) => [
  inputs,
  state,
]);
const withKey = named(['params', 'rng', 'inputs'], (_p: unknown, _rng: unknown, inputs: Tensor) => inputs);
const make = (options: unknown): JaxLayer => new JaxLayer(options as JaxLayerOptions);

/** Makes a layer, applies it, frees all. */
function run(
  options: unknown,
  inputs: unknown,
  check: (output: Tensor, layer: JaxLayer) => void = () => undefined,
): void {
  const layer = make(options);
  try {
    const output = layer.apply(inputs as Tensor);
    check(output, layer);
    hk.tree.dispose(output);
  } finally {
    layer.dispose();
  }
}

/** The state that a model returns, against the one that the layer has. */
function returning(
  returned: () => unknown,
  options: { state?: unknown; name?: string },
): (x: Tensor2D) => void {
  return (x) => {
    const callFn = named(['params', 'state', 'inputs'], (_p: unknown, _s: unknown, inputs: Tensor) => [
      inputs,
      returned(),
    ]);
    run({ callFn, params: {}, ...options }, x);
  };
}

const listOfOne = (): unknown => ({ state: [ones([])] });

const cases: Record<string, Case> = {
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
  'sig.partial_keyword_bound': { notHere: 'functions have no keyword arguments to bind' },
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
  'ctor.typed_key_leaf': { notHere: 'all keys are raw; see the leaves of a tree' },
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
    notHere: 'TensorFlow.js does not trace; building while a gradient is recorded is refused',
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
  'inputs.python_list': {
    throws: 'wrapper-inputs-invalid',
    when: () => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, [1, 2]),
  },
  'inputs.str': {
    throws: 'wrapper-inputs-invalid',
    when: () => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, 'abc'),
  },
  'inputs.mixed_struct': {
    throws: 'wrapper-inputs-invalid',
    when: (x) => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, [x, 3]),
  },
  'inputs.two_positional': {
    throws: 'wrapper-inputs-invalid',
    when: (x) => make({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }).apply(x, x as never),
  },
  'inputs.unknown_kw': {
    throws: 'wrapper-inputs-invalid',
    when: (x) =>
      make({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }).apply(x, { foo: 1 } as never),
  },
  'inputs.none_in_struct_ok': {
    works: (x) => run({ callFn: named(['inputs'], ([first]: [Tensor, null]) => first) }, [x, null]),
  },
  'inputs.shape_change_after_build': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (params: { w: Tensor2D }, inputs: Tensor2D) =>
        matMul(inputs, params.w),
      );
      const initFn = named(['rng', 'inputs'], (_rng: unknown, inputs: Tensor2D) => ({
        w: ones([inputs.shape[1], 2]),
      }));
      const wide = ones([2, 4]);
      run({ callFn, initFn }, x, (_output, layer) => {
        expect(() => layer.apply(wide)).to.throw(/inner (shapes|dimensions)/i);
      });
      wide.dispose();
    },
  },
  'rng.haiku_uses_rng_in_inference': {
    throws: 'rng-missing',
    when: (x) => {
      const { apply } = hk.transform((inputs: Tensor2D) =>
        mul(inputs, hk.random.uniform(hk.nextRngKey(), inputs.shape)),
      );
      run({ callFn: apply, params: {} }, x);
    },
  },
  'rng.split_none_in_inference': {
    works: (x) => {
      const callFn = named(
        ['params', 'rng', 'inputs', 'training'],
        (_p: unknown, rng: hk.PRNGKey | null, inputs: Tensor) => {
          expect(hk.random.split(rng)).to.deep.equal([null, null]);
          return inputs;
        },
      );
      run({ callFn, params: {} }, x);
    },
  },
  'haiku.stateful_under_hk_transform': {
    throws: 'state-not-empty',
    when: (x) => {
      const { init, apply } = hk.transform((inputs: Tensor2D) =>
        mul(inputs, hk.getState('s', [], { init: () => ones([]) })),
      );
      run({ callFn: apply, initFn: init }, x);
    },
  },
  'haiku.embed_init_gets_float': {
    works: () => {
      const seen: string[] = [];
      const callFn = named(['params', 'inputs'], (_p: unknown, inputs: Tensor) => inputs);
      const initFn = named(['rng', 'inputs'], (_rng: unknown, inputs: Tensor) => {
        seen.push(inputs.dtype);
        return {};
      });
      const layer = make({ callFn, initFn });
      layer.apply(tfl.input({ shape: [4], dtype: 'int32' }));
      expect(seen).to.deep.equal(['int32']);
      layer.dispose();
    },
  },
  'symbolic.data_dependent_shape': {
    works: () => {
      // Shapes are inferred by running, so that a branch on a size is no obstacle.
      const callFn = named(['inputs'], (inputs: Tensor) => ((inputs.shape[0] ?? 0) > 3 ? inputs : inputs));
      const layer = make({ callFn });
      expect(layer.apply(tfl.input({ shape: [4] })).shape).to.deep.equal([null, 4]);
      layer.dispose();
    },
  },
  'mask.warns': {
    works: () => {
      const warnings: string[] = [];
      const warn = console.warn;
      console.warn = (text: string) => warnings.push(text);
      const values = ones([2, 3, 4]);
      try {
        const input = tfl.input({ shape: [3, 4] });
        const masked = tfl.layers.masking().apply(input) as tfl.SymbolicTensor;
        const output = layerJaxModelWrapper(masked, {
          callFn: named(['inputs'], (i: Tensor) => add(i, 0)),
          name: 'jax_layer_81',
        });
        const model = tfl.model({ inputs: input, outputs: output });
        hk.tree.dispose([model.predict(values), model.predict(values)]);
      } finally {
        console.warn = warn;
        values.dispose();
      }
      const { warnings: expected } = records.find(({ id }) => id === 'mask.warns') as unknown as {
        warnings: { message: string }[];
      };
      expect(warnings).to.deep.equal([expected[0].message]);
    },
  },
  'weights.set_wrong_count': { notHere: "setWeights is tfjs-layers' own" },
  'weights.set_wrong_shape': { notHere: "setWeights is tfjs-layers' own" },
  'weights.count_params_unbuilt': { notHere: "countParams is tfjs-layers' own" },
  'weights.stateless_call_unbuilt': {
    works: (x) => {
      const layer = make({ callFn: identity, params: { a: 1 } });
      const [output, state] = layer.statelessCall({ a: 2 }, null, { inputs: x });
      expect(state).to.equal(null);
      output.dispose();
      layer.dispose();
    },
  },
  'weights.stateless_call_count': {
    throws: 'wrapper-weights-mismatch',
    when: (x) =>
      run({ callFn: identity, params: { a: 1 } }, x, (output, layer) => {
        output.dispose();
        layer.statelessCall({}, null, { inputs: x });
      }),
  },
  'config.params_only_from_config': { notHere: 'such layers can be reloaded: see saving' },
  'config.unregistered_from_config': {
    throws: 'wrapper-function-unregistered',
    when: () =>
      JaxLayer.fromConfig(JaxLayer, {
        name: 'l',
        callFn: { name: '_unreg_call' },
        initFn: { name: '_unreg_init' },
      }),
  },
  'config.lambda_get_config_warns': {
    throws: 'wrapper-function-unregistered',
    when: () => make({ callFn: identity, params: {} }).getConfig(),
  },
  'config.lambda_from_config': { notHere: 'a config never holds code' },
  'config.callable_object': {
    throws: 'wrapper-function-invalid',
    when: () => make({ callFn: { call: () => 0 } }),
  },
  'config.partial': {
    throws: 'wrapper-function-unregistered',
    when: () => make({ callFn: named(['inputs'], Math.abs.bind(null)) }).getConfig(),
  },
  'config.haiku_from_config': { notHere: 'functions of pairs are registered by name: see saving' },
  'flax.no_get_config': {
    throws: 'wrapper-function-unregistered',
    when: () => new FlaxLayer({ module: flaxModule() }).getConfig(),
  },
  'flax.str_method': {
    works: (x) => {
      const methods: (string | undefined)[] = [];
      const layer = new FlaxLayer({
        module: {
          init: (_r, _i, { method }) => (methods.push(method), {}),
          apply: (_v, inputs, { method }) => (methods.push(method), inputs),
        },
        method: 'encode',
      });
      layer.apply(x).dispose();
      expect(methods).to.deep.equal(['encode', 'encode']);
      layer.dispose();
    },
  },
  'flax.nnx_module': {
    throws: 'wrapper-module-invalid',
    when: () => new FlaxLayer({ module: { call: () => 0 } as never }),
  },
  'flax.module_class': {
    throws: 'wrapper-module-invalid',
    when: () => new FlaxLayer({ module: class extends hk.Module {} as never }),
  },
  'flax.not_module': { throws: 'wrapper-module-invalid', when: () => new FlaxLayer({ module: {} as never }) },
  'flax.params_kw': {
    throws: 'wrapper-option-invalid',
    when: () => new FlaxLayer({ module: flaxModule(), params: {} } as never),
  },
  'flax.variables_without_params_key': {
    works: (x) => {
      const variables = { Dense_0: { kernel: new Float32Array(3) } };
      const layer = new FlaxLayer({ module: flaxModule(), variables });
      layer.apply(x).dispose();
      expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).to.deep.equal([0, 1]);
      layer.dispose();
    },
  },
  'flax.variables_missing_collection': {
    works: (x) => {
      // Only the collections that the variables have may change.
      const seen: unknown[] = [];
      const layer = new FlaxLayer({
        module: { init: () => ({}), apply: (_v, inputs, { mutable }) => (seen.push(mutable), inputs) },
        variables: { params: { w: 1 } },
      });
      layer.apply(x).dispose();
      expect(seen).to.deep.equal([undefined]);
      layer.dispose();
    },
  },
  'flax.sow_intermediates': {
    throws: 'wrapper-state-mismatch',
    when: (x) => changing({ batch_stats: 1, intermediates: 1 })(x),
  },
  'flax.train_arg_other_name': {
    notHere: '`training` travels in the options of apply, whatever the module calls its argument',
  },
  'flax.rng_in_inference': { notHere: 'the module says what it needs: it gets no keys in inference' },
  'flax.state_collection_appears_in_inference': {
    throws: 'wrapper-state-mismatch',
    when: (x) => changing({ batch_stats: 1, cache: 1 })(x),
  },
};

function flaxModule(): ConstructorParameters<typeof FlaxLayer>[0]['module'] {
  return {
    init: () => ({}),
    apply: (variables, inputs, { mutable }) => (mutable ? [inputs, variables] : inputs),
  };
}

/** A Flax module with one collection of state that returns others. */
function changing(collections: object): (x: Tensor2D) => void {
  return (x) => {
    const layer = new FlaxLayer({
      module: { init: () => ({}), apply: (_v, inputs) => [inputs, collections] },
      variables: { params: {}, batch_stats: 0 },
    });
    try {
      layer.apply(x);
    } finally {
      layer.dispose();
    }
  };
}

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

describe("Keras' errors", () => {
  it('are all accounted for', () => {
    expect(Object.keys(cases).sort()).to.deep.equal(records.map(({ id }) => id).sort());
  });

  for (const { id, message = '' } of records) {
    const entry = cases[id];
    if (entry === undefined || 'notHere' in entry) continue;
    it(`${id}: ${'throws' in entry ? entry.throws : 'works'}`, async () => {
      const x = tensor2d([1, 1, 1, 1, 1, 1], [2, 3]);
      try {
        if ('works' in entry) {
          await entry.works(x);
        } else {
          const error = expectTanka(entry.throws, () => entry.when(x));
          if (entry.sameText) expect(error.message).to.include(message);
        }
      } finally {
        x.dispose();
      }
    });
  }
});
