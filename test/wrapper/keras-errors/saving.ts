import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { FlaxLayer, JaxLayer, registerSerializable } from '../../../src/wrapper/index.js';
import { identity, make, named, run, type Cases } from './support.js';

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

export const saving: Cases = {
  'weights.set_wrong_count': {
    works: (x) =>
      run({ callFn: identity, params: { a: 1 } }, x, (_output, layer) => {
        expect(() => layer.setWeights([])).to.throw(
          /weight list of length 0, but the layer was expecting 1 weights/,
        );
      }),
  },
  'weights.set_wrong_shape': {
    works: (x) =>
      run({ callFn: identity, params: { a: 1 } }, x, (_output, layer) => {
        expect(() => layer.setWeights([x])).to.throw(/not compatible with provided weight shape 2,3/);
      }),
  },
  'weights.count_params_unbuilt': {
    works: () => {
      const layer = make({ callFn: identity, params: { a: 1 } });
      expect(() => layer.countParams()).to.throw(/not (yet )?built/);
      layer.dispose();
    },
  },
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
  'config.params_only_from_config': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (params: { a: Tensor }, inputs: Tensor) =>
        mul(inputs, params.a),
      );
      registerSerializable('keras-errors>params_only', callFn);
      run({ callFn, params: { a: 2 } }, x, (_output, layer) => {
        const again = JaxLayer.fromConfig(JaxLayer, layer.getConfig()) as JaxLayer;
        again.build([null, 3]);
        expect(again.weights.map(({ shape }) => shape)).to.deep.equal([[]]);
        again.dispose();
      });
    },
  },
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
  'config.lambda_from_config': {
    throws: 'wrapper-function-unregistered',
    when: () => JaxLayer.fromConfig(JaxLayer, { name: 'l', callFn: { name: '(inputs) => inputs' } }),
  },
  'config.callable_object': {
    throws: 'wrapper-function-invalid',
    when: () => make({ callFn: { call: () => 0 } }),
  },
  'config.partial': {
    throws: 'wrapper-function-unregistered',
    when: () => make({ callFn: named(['inputs'], Math.abs.bind(null)) }).getConfig(),
  },
  'config.haiku_from_config': {
    works: (x) => {
      const { init, apply } = hk.transform((inputs: Tensor2D) => new hk.Linear(2).call(inputs));
      registerSerializable('keras-errors>haiku.init', init);
      registerSerializable('keras-errors>haiku.apply', apply);
      run({ callFn: apply, initFn: init, seed: 1 }, x, (output, layer) => {
        const again = JaxLayer.fromConfig(JaxLayer, layer.getConfig()) as JaxLayer;
        const same = again.apply(x);
        expect([...same.dataSync()]).to.deep.equal([...output.dataSync()]);
        same.dispose();
        again.dispose();
      });
    },
  },
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
    // `training` travels in the options of apply, whatever the module calls its own argument.
    works: (x) => {
      const seen: boolean[] = [];
      const forward = (inputs: unknown, deterministic: boolean): unknown => (
        seen.push(deterministic),
        inputs
      );
      const layer = new FlaxLayer({
        module: { init: () => ({}), apply: (_v, inputs, { training }) => forward(inputs, !training) },
      });
      hk.tree.dispose([layer.apply(x), layer.apply(x, { training: true })]);
      expect(seen).to.deep.equal([true, false]);
      layer.dispose();
    },
  },
  'flax.rng_in_inference': {
    // The module says what it needs: it gets no keys in inference.
    works: (x) => {
      const layer = new FlaxLayer({
        module: {
          init: () => ({}),
          apply: (_v, inputs, { rngs }) => {
            if (rngs.dropout === undefined) throw new Error('None needs PRNG for "dropout"');
            return inputs;
          },
        },
        outputShape: [null, 3],
      });
      expect(() => layer.apply(x)).to.throw('needs PRNG');
      hk.tree.dispose(layer.apply(x, { training: true }));
      layer.dispose();
    },
  },
  'flax.state_collection_appears_in_inference': {
    throws: 'wrapper-state-mismatch',
    when: (x) => changing({ batch_stats: 1, cache: 1 })(x),
  },
};
