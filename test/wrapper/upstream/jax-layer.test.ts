import { add, concat, expandDims, mul, ones, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import {
  FlaxLayer,
  JaxLayer,
  registerSerializable,
  signature,
  type JaxLayerOptions,
  type ModelArgument,
} from '../../../src/wrapper/index.js';
import { onEachBackend } from '../support/backends.js';
import { expectTanka } from '../support/errors.js';
import { testLayer } from './driver.js';
import { dense, flaxNetworks, initDense, sumAndTile, type Dense } from './networks.js';

const fns = {
  stateless: signature(['inputs'], sumAndTile),
  denseCall: signature(['params', 'inputs'], dense),
  denseInit: signature(['rng', 'inputs'], initDense),
  countingCall: signature(
    ['params', 'state', 'inputs', 'training'],
    (params: Dense, count: Tensor, inputs: Tensor, training: boolean) => [
      dense(params, inputs),
      training ? add(count, 1) : count,
    ],
  ),
  countingInit: signature(
    ['rng', 'inputs', 'training'],
    (rng: hk.PRNGKey, inputs: Tensor, training: boolean) => {
      expect(training).to.equal(true);
      return [initDense(rng, inputs), 0];
    },
  ),
};
for (const [name, fn] of Object.entries(fns)) registerSerializable(`upstream>${name}`, fn);
registerSerializable('upstream>flaxNetworks', flaxNetworks);

/** Trees that the driver exported, for a layer that starts from them. */
type Trees = { params: unknown; state: unknown } | undefined;

const jax =
  (options: JaxLayerOptions) =>
  (trees: Trees): JaxLayer =>
    new JaxLayer({ ...options, ...trees });

const flax =
  (method?: string) =>
  (trees: Trees): JaxLayer => {
    const variables = trees && { ...(trees.params as object), ...(trees.state as object) };
    return new FlaxLayer({
      module: flaxNetworks,
      ...(method ? { method } : {}),
      ...(variables ? { variables } : {}),
    });
  };

const none = [0, 0] as const;
const DENSE = { trainable: [6, 266_610], nonTrainable: none } as const;

function structuresModel(layer: JaxLayer): { model: tfl.LayersModel; values: Tensor[] } {
  const inputs = { a: tfl.input({ shape: [null, 3] }), b: tfl.input({ shape: [null, 3] }) };
  const outputs = layer.apply<tfl.SymbolicTensor[]>(inputs);
  return {
    model: tfl.model({ inputs: [inputs.a, inputs.b], outputs }),
    values: [ones([2, 6, 3]), ones([2, 7, 3])],
  };
}

/** Runs a layer whose state is `initial`, and which returns `{ state: [ones] }`. */
function mismatching(initial: unknown): () => void {
  return () => {
    const callFn = signature(['params', 'state', 'inputs'], (_p: unknown, _s: unknown, inputs: Tensor) => [
      inputs,
      { state: [ones([])] },
    ]);
    const layer = new JaxLayer({ callFn, params: {}, state: initial });
    const x = ones([1]);
    try {
      layer.apply(x);
    } finally {
      x.dispose();
      layer.dispose();
    }
  };
}

function outputOf(options: JaxLayerOptions, shape: number[] = [1]): number[] {
  const layer = new JaxLayer(options);
  const x = ones(shape);
  const y = layer.apply(x);
  const values = [...y.dataSync()];
  hk.tree.dispose([x, y]);
  layer.dispose();
  return values;
}

const EFFORT = { batch: 8, steps: 3 };

onEachBackend("Keras' own tests of its layer: fitting", () => {
  it('1 a function without parameters', () =>
    testLayer(jax({ callFn: fns.stateless }), { trainable: none, nonTrainable: none }, EFFORT));

  it('2 lists of parameters', () =>
    testLayer(jax({ callFn: fns.denseCall, initFn: fns.denseInit }), DENSE, EFFORT));

  it('3 a bare number as the state, which moves in training', () =>
    testLayer(
      jax({ callFn: fns.countingCall, initFn: fns.countingInit }),
      { ...DENSE, nonTrainable: [1, 1] },
      EFFORT,
    ));

  it('4 the same with a policy of half floats is refused: TensorFlow.js has none', () => {
    expectTanka('wrapper-dtype-unsupported', () =>
      jax({ callFn: fns.countingCall, initFn: fns.countingInit, dtype: 'mixed_float16' as never })(undefined),
    );
  });

  it('5 platforms of a SavedModel are refused: TensorFlow.js writes none', () => {
    const options = {
      callFn: fns.denseCall,
      initFn: fns.denseInit,
      nativeSerializationPlatforms: ['cpu', 'tpu'],
    };
    expectTanka('wrapper-option-invalid', () => jax(options)(undefined));
  });

  it('9 test 7 with a policy of half floats is refused', () => {
    expectTanka(
      'wrapper-dtype-unsupported',
      () =>
        new FlaxLayer({
          module: flaxNetworks,
          method: 'forwardWithDropout',
          dtype: 'mixed_float16' as never,
        }),
    );
  });
});

// Convolutions of this size take the CPU backend ten seconds a test; the golden c6 has them there.
onEachBackend(
  "Keras' own tests of its layer: fitting convolutions",
  () => {
    it('6 a Flax module by a method', () =>
      testLayer(flax('forward'), { trainable: [8, 648_226], nonTrainable: none }, EFFORT));

    it('7 a Flax module by a method that drops out in training', () =>
      testLayer(flax('forwardWithDropout'), { trainable: [8, 648_226], nonTrainable: none }, EFFORT));

    it('8 a Flax module with normalisations and dropout, by its call', () =>
      testLayer(flax(), { trainable: [13, 354_258], nonTrainable: [8, 536] }, EFFORT));
  },
  ['wasm'],
);

onEachBackend("Keras' own tests of its layer: signatures, structures, state", () => {
  it('10 without init_fn and without params', () => {
    expectTanka('wrapper-init-missing', () => new JaxLayer({ callFn: fns.denseCall }));
  });

  it('11 training in call_fn but not in init_fn', () => {
    const callFn = signature(
      ['params', 'state', 'rng', 'inputs', 'training'],
      (_p: unknown, state: unknown, _rng: unknown, inputs: Tensor) => [inputs, state],
    );
    const initFn = signature(['rng', 'inputs'], () => [{}, {}]);
    expect(outputOf({ callFn, initFn })).to.deep.equal([1]);
  });

  it('12 arguments in another order', () => {
    const callFn = signature(
      ['training', 'inputs', 'rng', 'state', 'params'],
      (training: boolean, inputs: Tensor, rng: unknown, state: unknown) => {
        expect([training, rng]).to.deep.equal([false, null]);
        return [inputs, state];
      },
    );
    const initFn = signature(
      ['training', 'inputs', 'rng'],
      (training: boolean, inputs: Tensor, rng: hk.PRNGKey) => {
        expect([training, inputs.shape, rng.length]).to.deep.equal([true, [1], 2]);
        return [{}, {}];
      },
    );
    expect(outputOf({ callFn, initFn })).to.deep.equal([1]);
  });

  it('13 inputs alone', () => {
    const callFn = signature(['inputs'], (inputs: Tensor) => mul(inputs, 2));
    expect(outputOf({ callFn, initFn: signature(['inputs'], () => ({})) })).to.deep.equal([2]);
  });

  for (const [number, which, names] of [
    [14, 'call_fn', ['params', 'rng', 'training']],
    [15, 'init_fn', ['rng', 'training']],
  ] as [number, 'call_fn' | 'init_fn', ModelArgument[]][]) {
    it(`${number} inputs missing in ${which}`, () => {
      const wrong = signature(names, () => 0);
      const error = expectTanka(
        'wrapper-signature-argument',
        () =>
          new JaxLayer(
            which === 'call_fn' ? { callFn: wrong, params: {} } : { callFn: fns.denseCall, initFn: wrong },
          ),
      );
      expect(error.message).to.match(new RegExp(`\`${which}\`.*\`inputs\``));
    });
  }

  for (const [number, which, names] of [
    [16, 'call_fn', ['params', 'rng', 'inputs', 'mode']],
    [17, 'init_fn', ['rng', 'inputs', 'mode']],
  ] as [number, 'call_fn' | 'init_fn', ModelArgument[]][]) {
    it(`${number} an unknown argument in ${which}`, () => {
      const wrong = signature(names, () => 0);
      const error = expectTanka(
        'wrapper-signature-argument',
        () =>
          new JaxLayer(
            which === 'call_fn' ? { callFn: wrong, params: {} } : { callFn: fns.denseCall, initFn: wrong },
          ),
      );
      expect(error.message).to.match(new RegExp(`\`${which}\`.*\`mode\``));
    });
  }

  it('18 a dict in, a tuple out', () => {
    const callFn = signature(['inputs'], ({ a, b }: Record<string, Tensor>) => [
      concat([a, b], 1),
      concat([b, a], 1),
    ]);
    const { model, values } = structuresModel(new JaxLayer({ callFn }));
    const outputs = model.predict(values) as Tensor[];
    expect(outputs.map(({ shape }) => shape)).to.deep.equal([
      [2, 13, 3],
      [2, 13, 3],
    ]);
    hk.tree.dispose([values, outputs]);
    model.dispose();
  });

  it('19 sixty inputs of unknown batch, more than there are letters to name them', () => {
    const callFn = signature(['params', 'inputs'], (_p: unknown, inputs: Tensor[]) =>
      concat(
        inputs.map((x) => expandDims(x, 1)),
        1,
      ),
    );
    const inputs = Array.from({ length: 60 }, () => tfl.input({ shape: [3] }));
    const output = new JaxLayer({ callFn, params: [] }).apply(inputs);
    expect(output.shape).to.deep.equal([null, 60, 3]);
    const model = tfl.model({ inputs, outputs: output });
    const values = inputs.map(() => ones([2, 3]));
    const y = model.predict(values) as Tensor;
    expect(y.shape).to.deep.equal([2, 60, 3]);
    hk.tree.dispose([values, y]);
    model.dispose();
  });

  it('20 a Flax module with state and no parameters', () => {
    const layer = new FlaxLayer({
      module: {
        init: () => ({}),
        apply: (variables, inputs) => {
          const { a } = variables as { a: { b: Tensor } };
          return [inputs, { a: { b: add(a.b, 1) } }];
        },
      },
      variables: { a: { b: 0 } },
    });
    const x = ones([1]);
    hk.tree.dispose([layer.apply(x), x]);
    expect(layer.params).to.deep.equal({});
    expect((layer.state as { a: { b: Tensor } }).a.b.dataSync()[0]).to.equal(1);
    layer.dispose();
  });

  it('21 null among the state', () => {
    const callFn = signature(['state', 'inputs'], (state: unknown, inputs: Tensor) => {
      expect(state).to.deep.equal({ foo: null });
      return [inputs, state];
    });
    expect(outputOf({ callFn, state: { foo: null } })).to.deep.equal([1]);
  });

  it('22 text among the state, which Keras only constructs', () => {
    const callFn = signature(['state', 'inputs'], (state: { foo: string }, inputs: Tensor) => [
      mul(inputs, state.foo === 'bar' ? 5 : 0),
      state,
    ]);
    expect(outputOf({ callFn, state: { foo: 'bar' } })).to.deep.equal([5]);
  });

  it('23 an object of a class among the state, which is handed on as it is', () => {
    class Node {
      constructor(readonly factor: number) {}
    }
    const node = new Node(3);
    const callFn = signature(['state', 'inputs'], (state: [Node], inputs: Tensor) => {
      expect(state[0]).to.equal(node);
      return [mul(inputs, state[0].factor), state];
    });
    expect(outputOf({ callFn, state: [node] })).to.deep.equal([3]);
  });

  const initial: [number, string, unknown][] = [
    [24, 'a sequence instead of a mapping', [0]],
    [25, 'a mapping instead of a sequence', { state: { foo: 0 } }],
    [26, 'a sequence instead of a variable', { state: [[0]] }],
    [27, 'no initial state', null],
    [28, 'a missing key', { state: {} }],
    [29, 'a missing variable in a list', { state: { foo: [2] } }],
  ];
  for (const [number, title, state] of initial) {
    it(`${number} state that does not match: ${title}`, () => {
      expectTanka('wrapper-state-mismatch', mismatching(state));
    });
  }

  it('30 the same seed makes the same parameters', () => {
    const values = [1, 1, 2].map((seed) => {
      const layer = new JaxLayer({ callFn: fns.denseCall, initFn: fns.denseInit, seed });
      layer.build([null, 784]);
      const made = layer.weights.map((weight) => [...weight.read().dataSync()]);
      layer.dispose();
      return made;
    });
    expect(values[0]).to.deep.equal(values[1]);
    expect(values[0]).not.to.deep.equal(values[2]);
  });
});
