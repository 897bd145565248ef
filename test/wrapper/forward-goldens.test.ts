import {
  add,
  concat,
  div,
  dot,
  matMul,
  mean,
  mul,
  reshape,
  softmax,
  sum,
  tanh,
  tidy,
  tile,
  train,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, signature, type JaxLayerOptions } from '../../src/wrapper/index.js';
import { expectBits, expectClose } from '../support/compare.js';
import { tolerances } from '../support/tolerances.js';
import { onEachBackend } from './support/backends.js';
import { disposeAll, fitSteps, modelOf } from './support/fit.js';
import { itMatches, type GoldenCase } from './support/golden-trees.js';

let dropoutKey: hk.PRNGKey = hk.random.key(0);

/** `MyHaikuModule` of the documented page. */
@hk.module()
class MyHaikuModule extends hk.Module {
  call(images: Tensor4D, training: boolean): Tensor {
    let x: Tensor = hk.nn.relu(new hk.Conv2D(32, [3, 3]).call(images));
    x = new hk.AvgPool([1, 2, 2, 1], [1, 2, 2, 1], 'VALID').call(x);
    x = new hk.Linear(200).call(new hk.Flatten().call(x));
    if (training) {
      dropoutKey = hk.nextRngKey();
      x = hk.dropout(dropoutKey, 0.3, x);
    }
    return hk.nn.softmax(new hk.Linear(10).call(hk.nn.relu(x)));
  }
}

const documented = hk.transform((inputs: Tensor4D, training: boolean) =>
  new MyHaikuModule().call(inputs, training),
);

function expectTree(actual: unknown, golden: GoldenCase, prefix: string, tolerance: number): void {
  const leaves = hk.tree.leavesWithPath(actual as hk.Params);
  expect(leaves.map(({ path }) => path.join('/')).sort()).to.deep.equal(golden.names(prefix).sort());
  for (const { path, leaf } of leaves) {
    const name = `${prefix}/${path.join('/')}`;
    const expected = golden.values(name);
    if (expected instanceof Int32Array) expectBits(leaf, expected, name);
    else expectClose(leaf, expected, tolerance, name);
  }
}

/** A layer that gets the keys that Keras drew from its global generator. */
class RecordedInitKey extends JaxLayer {
  constructor(
    options: JaxLayerOptions,
    private readonly key: hk.PRNGKey,
  ) {
    super(options);
  }

  protected override getInitKey(): hk.PRNGKey {
    return this.key;
  }
}

onEachBackend('outputs as Keras gave them', () => {
  itMatches('a_haiku_cnn_sequential', (golden) => {
    const layer = new JaxLayer({
      callFn: documented.apply,
      initFn: documented.init,
      params: golden.haiku('params'),
      seed: 7,
    });
    const model = modelOf(layer, [28, 28, 1]);
    expect(model.outputs[0].shape).to.deep.equal([null, 10]);
    expect(layer.countParams()).to.equal(1_256_930);
    expect(layer.weights.map(({ originalName }) => originalName.replace(/^.*\//, ''))).to.deep.equal([
      'params.my_haiku_module-2f-conv2_d.b',
      'params.my_haiku_module-2f-conv2_d.w',
      'params.my_haiku_module-2f-linear.b',
      'params.my_haiku_module-2f-linear.w',
      'params.my_haiku_module-2f-linear_1.b',
      'params.my_haiku_module-2f-linear_1.w',
    ]);
    const x = golden.tensor('in/x');
    const outputs = [
      ['out/inference', layer.apply(x)],
      ['out/predict', model.predict(x) as Tensor],
    ] as const;
    expect(layer.seedState).to.deep.equal([7, 0]);
    // The key of the first training call is [7, 0], and dropout draws the mask that JAX drew with it.
    const trained = ['out/train', model.apply(x, { training: true }) as Tensor] as const;
    expect([7, 0]).to.deep.equal([...golden.values('key/call_fn_rng')]);
    expect(layer.seedState).to.deep.equal([7, 1]);
    expectBits(dropoutKey, golden.values('key/dropout'));
    const kept = hk.random.bernoulli(dropoutKey, 0.7, [4, 200]);
    expectBits(kept, golden.values('mask/dropout_keep'));
    kept.dispose();
    for (const [name, output] of [...outputs, trained]) {
      expectClose(output, golden.values(name), tolerances.output, name);
      output.dispose();
    }
    model.dispose();
  });

  itMatches('a2_haiku_init_fn', (golden) => {
    const { init, apply } = hk.transform((inputs: Tensor2D) =>
      new hk.nets.MLP([5, 3], { name: 'mlp' }).call(inputs),
    );
    const key = golden.values('key/init_fn_rng') as Uint32Array;
    const layer = new RecordedInitKey({ callFn: apply, initFn: init, seed: 9 }, key);
    layer.build([null, 4]);
    for (const name of golden.names('params')) {
      const [module, parameter] = [
        name.slice(0, name.lastIndexOf('/')),
        name.slice(name.lastIndexOf('/') + 1),
      ];
      expectBits((layer.params as hk.Params)[module][parameter], golden.values(`params/${name}`), name);
    }
    expect(layer.seedState).to.deep.equal([9, 0]);
    layer.dispose();
  });

  itMatches('b_haiku_batchnorm', (golden) => {
    const { apply } = hk.transformWithState((inputs: Tensor2D, training: boolean) => {
      let x: Tensor = new hk.Linear(8).call(inputs);
      x = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, training);
      return new hk.Linear(3).call(hk.nn.relu(x));
    });
    const layer = new JaxLayer({
      callFn: apply,
      params: golden.haiku('params'),
      state: golden.haiku('state_before'),
    });
    const x = golden.tensor('in/x');
    const other = tidy(() => add(mul(x, 1.5), 0.25));
    const check = (output: Tensor, name: string, state: string): void => {
      expectClose(output, golden.values(name), tolerances.output, name);
      output.dispose();
      expectTree(layer.state, golden, state, tolerances.output);
    };
    check(layer.apply(x, { training: true }), 'out/train1', 'state_after1');
    check(layer.apply(other, { training: true }), 'out/train2', 'state_after2');
    const before = [...layer.getWeights()].map((weight) => [...weight.dataSync()]);
    check(layer.apply(x), 'out/inference', 'state_after2');
    expect(layer.getWeights().map((weight) => [...weight.dataSync()])).to.deep.equal(before);
    other.dispose();
    layer.dispose();
  });

  itMatches('b2_haiku_batchnorm_init', (golden) => {
    const seen: unknown[] = [];
    const [w, b] = [golden.tensor('params/linear/w'), golden.tensor('params/linear/b')];
    const pair = hk.transformWithState((inputs: Tensor2D, training: boolean) => {
      if (hk.runningInit()) seen.push(training, inputs.shape, [...inputs.dataSync()]);
      const linear = new hk.Linear(8, { wInit: () => w, bInit: () => b });
      let x: Tensor = linear.call(inputs);
      x = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, training);
      return new hk.Linear(3).call(hk.nn.relu(x));
    });
    const layer = new JaxLayer({ callFn: pair.apply, initFn: pair.init });
    layer.apply(tfl.input({ shape: [5] }));
    expect(seen).to.deep.equal([true, [1, 5], [1, 1, 1, 1, 1]]);
    expectTree(layer.state, golden, 'state', tolerances.output);
    const { batch_norm } = layer.params as hk.Params;
    for (const name of ['offset', 'scale']) {
      expectBits(batch_norm[name], golden.values(`params/batch_norm/${name}`));
    }
    golden.leave('params/linear_1', "drawn with a key of Keras' global generator");
    layer.dispose();
  });

  itMatches('c8_fit_haiku_embed', async (golden) => {
    const { apply } = hk.transform((ids: Tensor2D) => {
      const embed = new hk.Embed({ vocabSize: 7, embedDim: 5 });
      return new hk.Linear(golden.values('step0/params/linear/b').length).call(mean(embed.call(ids), 1));
    });
    const layer = new JaxLayer({ callFn: apply, params: golden.haiku('step0/params') });
    const model = modelOf(layer, [4], 'int32');
    const optimizer = train.sgd(0.05);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const losses = await fitSteps(model, [golden.tensor('in/x'), golden.tensor('in/y')], 5);
    expectClose(Float32Array.from(losses), golden.values('out/losses'), 1e-4, 'losses');
    expectTree(layer.params, golden, 'step5/params', 1e-4);
    disposeAll(model, optimizer);
  });

  itMatches('e_multi_input_conforming', (golden) => {
    const KEPT = 0.8;
    interface Params {
      w1: Tensor2D;
      w2: Tensor2D;
      b: Tensor;
    }
    const myModel = (
      params: Params,
      rngs: { dropout: hk.PRNGKey | null; preprocessing: hk.PRNGKey | null },
      input1: Tensor2D,
      input2: Tensor2D,
      deterministic: boolean,
    ): Tensor => {
      let first: Tensor2D = input1;
      if (!deterministic) {
        const noise = hk.random.normal(rngs.preprocessing as hk.PRNGKey, first.shape);
        expectBits(noise, golden.values('noise/preprocessing'));
        first = add(first, mul(noise, 0.1));
      }
      let x: Tensor = add(add(matMul(first, params.w1), matMul(input2, params.w2)), params.b);
      if (!deterministic) {
        const keep = hk.random.bernoulli(rngs.dropout as hk.PRNGKey, KEPT, x.shape);
        expectBits(keep, golden.values('mask/dropout_keep'));
        x = where(keep, div(x, KEPT), zerosLike(x));
      }
      return tanh(x);
    };
    // The documented wrapper to the letter: it splits the key in inference too, where Keras crashes.
    const callFn = signature(
      ['params', 'rng', 'inputs', 'training'],
      (params: Params, rng: hk.PRNGKey | null, inputs: [Tensor2D, Tensor2D], training: boolean) => {
        const [input1, input2] = inputs;
        const [rng1, rng2] = hk.random.split(rng);
        if (rng !== null) {
          expectBits(rng, golden.values('key/call_fn_rng'));
          expect([...(rng1 as hk.PRNGKey), ...(rng2 as hk.PRNGKey)]).to.deep.equal([
            ...golden.values('key/split'),
          ]);
        }
        const rngs = { dropout: rng1, preprocessing: rng2 };
        return myModel(params, rngs, input1, input2, !training);
      },
    );
    const layer = new JaxLayer({ callFn, params: golden.nested('params'), seed: 99 });
    const inputs = [tfl.input({ shape: [3] }), tfl.input({ shape: [5] })];
    const model = tfl.model({ inputs, outputs: layer.apply(inputs) });
    const values = [golden.tensor('in/x1'), golden.tensor('in/x2')];
    for (const [name, training] of [
      ['out/inference', false],
      ['out/train', true],
    ] as const) {
      const output = model.apply(values, { training }) as Tensor;
      expectClose(output, golden.values(name), tolerances.output, name);
      output.dispose();
    }
    model.dispose();
  });

  itMatches('e2_dict_in_tuple_out', (golden) => {
    const callFn = signature(['params', 'inputs'], (_params: unknown, { a, b }: { a: Tensor; b: Tensor }) => [
      concat([a, b], 1),
      concat([b, a], 1),
    ]);
    const layer = new JaxLayer({ callFn, params: {} });
    const inputs = { a: tfl.input({ shape: [null, 3] }), b: tfl.input({ shape: [null, 3] }) };
    const outputs = layer.apply<tfl.SymbolicTensor[]>(inputs);
    expect(outputs.map(({ shape }) => shape)).to.deep.equal([
      [null, null, 3],
      [null, null, 3],
    ]);
    const model = tfl.model({ inputs: [inputs.a, inputs.b], outputs });
    const values = { a: golden.tensor('in/a'), b: golden.tensor('in/b') };
    const results = [model.predict([values.a, values.b]) as Tensor[], layer.apply<Tensor[]>(values)];
    for (const result of results) {
      result.forEach((output, i) => {
        expectClose(output, golden.values(`out/${i}`), 0, `out/${i}`);
      });
    }
    hk.tree.dispose(results);
    model.dispose();
  });

  itMatches('g_testsuite_models', (golden) => {
    const x = golden.tensor('in/x');
    const statelessFn = signature(['inputs'], (inputs: Tensor4D) =>
      tile(reshape(sum(inputs, [1, 2, 3]), [-1, 1]), [1, 10]),
    );
    const net = (params: [Tensor2D, Tensor][], inputs: Tensor): Tensor => {
      const hidden = params
        .slice(0, -1)
        .reduce<Tensor>((h, [w, b]) => tanh(add(dot(h, w), b)), reshape(inputs, [inputs.shape[0], -1]));
      const [w, b] = params[params.length - 1];
      return softmax(add(dot(hidden, w), b));
    };
    const counting = signature(
      ['params', 'state', 'inputs', 'training'],
      (params: [Tensor2D, Tensor][], state: Tensor, inputs: Tensor, training: boolean) => [
        net(params, inputs),
        training ? add(state, 1) : state,
      ],
    );
    const stateless = new JaxLayer({ callFn: statelessFn });
    const layer = new JaxLayer({ callFn: counting, params: golden.nested('params'), state: 0 });
    const outputs = [
      ['out/stateless', stateless.apply(x)],
      ['out/with_state_inference', layer.apply(x)],
      ['out/with_state_train', layer.apply(x, { training: true })],
    ] as const;
    for (const [name, output] of outputs) {
      expectClose(output, golden.values(name), tolerances.output, name);
      output.dispose();
    }
    expect([...(layer.state as Tensor).dataSync()]).to.deep.equal([
      ...golden.values('state_after_one_train_call'),
    ]);
    expect([
      stateless.weights.length,
      layer.trainableWeights.length,
      layer.nonTrainableWeights.length,
    ]).to.deep.equal([0, 6, 1]);
    expect(layer.countParams()).to.equal(266_611);
    stateless.dispose();
    layer.dispose();
  });
});
