import { readFileSync } from 'node:fs';
import {
  add,
  matMul,
  mul,
  ones,
  type Rank,
  randomNormal,
  scalar,
  sub,
  train,
  Variable,
  variable,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import { loadSafetensors, saveSafetensors } from '../../src/checkpoint/index.js';
import * as hk from '../../src/index.js';
import {
  FlaxLayer,
  JaxLayer,
  layerOf,
  registerSerializable,
  signature,
  TorchModuleWrapper,
  type TorchModule,
} from '../../src/wrapper/index.js';
import { expectClose } from '../support/compare.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, modelOf } from './support/fit.js';
import { layerOfClass, reload, saved } from './support/reload.js';

const dense = hk.transformWithState((inputs: Tensor2D, training: boolean) => {
  let x: Tensor = new hk.Linear(4).call(inputs);
  x = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, training);
  return training ? hk.dropout(hk.nextRngKey(), 0.5, x) : x;
});
registerSerializable('saving.test>dense.apply', dense.apply);
registerSerializable('saving.test>dense.init', dense.init);

const lists = registerSerializable(
  'saving.test>Some_Lists.APPLY',
  signature(['params', 'inputs'], ([[w], [b]]: [[Tensor2D], [Tensor, string]], inputs: Tensor2D) =>
    add(matMul(inputs, w), b),
  ),
);

function expectSameOutputs(a: tfl.LayersModel, b: tfl.LayersModel, x: Tensor | Tensor[]): void {
  const [first, second] = [a.predict(x), b.predict(x)].map((y) => (Array.isArray(y) ? y : [y]));
  expect(first).to.have.length(second.length);
  first.forEach((y, i) => {
    expectClose(second[i], y.dataSync(), 1e-6);
  });
  hk.tree.dispose([first, second]);
}

describe('saving and loading', () => {
  it('keeps weights, state, seed and counter, so that training goes on with the same keys', async () => {
    const layer = new JaxLayer({ callFn: dense.apply, initFn: dense.init, seed: 5 });
    const model = modelOf(layer, [3]);
    const optimizers = [train.sgd(0.1), train.sgd(0.1)];
    const [x, y] = [randomNormal([6, 3]), ones([6, 4])];
    model.compile({ optimizer: optimizers[0], loss: 'meanSquaredError' });
    await model.fit(x, y, { batchSize: 3, shuffle: false });
    expect(layer.seedState).to.deep.equal([5, 2]);

    const loaded = await reload(model);
    const again = layerOfClass(loaded, JaxLayer);
    expect(again.seedState).to.deep.equal([5, 2]);
    expectSameOutputs(model, loaded, x);

    loaded.compile({ optimizer: optimizers[1], loss: 'meanSquaredError' });
    const losses = [];
    for (const each of [model, loaded]) {
      const { history } = await each.fit(x, y, { batchSize: 3, shuffle: false, epochs: 2 });
      losses.push(history.loss);
    }
    expect(losses[0]).to.deep.equal(losses[1]);
    expect(again.seedState).to.deep.equal(layer.seedState);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizers[0]);
    disposeAll(loaded, optimizers[1]);
  });

  it('does not run init_fn when the weights come from the file, and runs it when they do not', async () => {
    let runs = 0;
    const callFn = registerSerializable(
      'saving.test>counted',
      signature(['params', 'inputs'], (params: { w: Tensor }, inputs: Tensor) => mul(inputs, params.w)),
    );
    const initFn = registerSerializable(
      'saving.test>counted.init',
      signature(['rng', 'inputs'], () => (runs++, { w: 3 })),
    );
    const model = modelOf(new JaxLayer({ callFn, initFn }), [2]);
    expect(runs).to.equal(1);
    const loaded = await reload(model);
    expect(runs).to.equal(1);
    const fresh = await tfl.models.modelFromJSON(JSON.parse(model.toJSON() as string) as never);
    expect(runs).to.equal(2);
    const x = ones([1, 2]);
    expectSameOutputs(model, loaded, x);
    expectSameOutputs(model, fresh, x);
    for (const each of [model, loaded, fresh]) each.dispose();
    x.dispose();
  });

  it('reloads a layer that was made of parameters alone, lists and configuration included', async () => {
    const [w, b] = [randomNormal([3, 2]), randomNormal([2])];
    const layer = new JaxLayer({ callFn: lists, params: [[w], [b, 'Some_Text: as it IS']], name: 'first' });
    const other = new JaxLayer({ callFn: lists, params: [[w], [b, 'x']], name: 'second' });
    const input = tfl.input({ shape: [3] });
    const outputs = [layer.apply(input), other.apply(input)];
    const model = tfl.model({ inputs: input, outputs });
    const artifacts = await saved(model);
    expect(artifacts.weightSpecs?.map(({ name }) => name)).to.deep.equal([
      'first/params.0.0',
      'first/params.1.0',
      'second/params.0.0',
      'second/params.1.0',
    ]);
    const loaded = await reload(model);
    const x = randomNormal([2, 3]);
    expectSameOutputs(model, loaded, x);
    const params = layerOfClass(loaded, JaxLayer).params as [unknown, [unknown, string]];
    expect(params[1][1]).to.equal('Some_Text: as it IS');
    hk.tree.dispose([w, b, x]);
    model.dispose();
    loaded.dispose();
  });

  it('keeps the nesting of inputs', async () => {
    const callFn = registerSerializable(
      'saving.test>nested',
      signature(['inputs'], ({ b, a: [first, second] }: { b: Tensor; a: [Tensor, Tensor] }) =>
        sub(first, mul(second, b)),
      ),
    );
    const inputs = {
      b: tfl.input({ shape: [2] }),
      a: [tfl.input({ shape: [2] }), tfl.input({ shape: [2] })],
    };
    const output = new JaxLayer({ callFn }).apply(inputs);
    const model = tfl.model({ inputs: [...inputs.a, inputs.b], outputs: output });
    const loaded = await reload(model);
    const x = [randomNormal([1, 2]), randomNormal([1, 2]), randomNormal([1, 2])];
    expectSameOutputs(model, loaded, x);
    hk.tree.dispose(x);
    model.dispose();
    loaded.dispose();
  });

  it('writes names of functions and nothing that could be evaluated', async () => {
    const model = modelOf(new JaxLayer({ callFn: dense.apply, initFn: dense.init }), [3]);
    const text = JSON.stringify((await saved(model)).modelTopology);
    expect(text).to.include('saving.test>dense.apply');
    expect(text).not.to.match(/=>[^"]*\{|function|return/);
    model.dispose();
    const source =
      readFileSync('src/wrapper/tfjs-layers/config.ts', 'utf8') +
      readFileSync('src/wrapper/registry.ts', 'utf8');
    expect(source).not.to.match(/\beval\(|new Function/);
  });

  it('refuses functions without a name, and says how to give them one', () => {
    const layer = new JaxLayer({ callFn: signature(['inputs'], (x: Tensor) => x) });
    const error = expectTanka('wrapper-function-unregistered', () => layer.getConfig());
    expect(error.message).to.include("registerSerializable('my-package>callFn', callFn)");
    expectTanka('wrapper-option-invalid', () => registerSerializable('', dense.apply));
  });

  it('saves a frozen layer in a nested model', async () => {
    const inner = modelOf(
      new JaxLayer({ callFn: dense.apply, initFn: dense.init, trainable: false, seed: 1 }),
      [3],
    );
    const outer = tfl.sequential({
      layers: [tfl.layers.inputLayer({ inputShape: [3] }), inner, tfl.layers.dense({ units: 2 })],
    });
    const loaded = await reload(outer);
    const x = randomNormal([2, 3]);
    expectSameOutputs(outer, loaded, x);
    expect(loaded.trainableWeights).to.have.length(2);
    x.dispose();
    // A nested model is a layer that its model frees, and a model that its maker frees.
    for (const model of [outer, inner, loaded, layerOfClass<tfl.LayersModel>(loaded, tfl.LayersModel)])
      model.dispose();
  });

  it('saves a Flax layer by the name of its module', async () => {
    const module = registerSerializable('saving.test>Flax_Module', {
      init: () => ({ params: { Dense_0: { kernel: ones([3, 2]) } }, batch_stats: { count: 0 } }),
      apply: (variables: unknown, inputs: unknown, { training }: { training: boolean }) => {
        const { params, batch_stats } = variables as {
          params: { Dense_0: { kernel: Tensor2D } };
          batch_stats: { count: Tensor };
        };
        const count = training ? add(batch_stats.count, 1) : batch_stats.count;
        return [add(matMul(inputs as Tensor2D, params.Dense_0.kernel), count), { batch_stats: { count } }];
      },
    });
    const layer = new FlaxLayer({ module });
    const model = modelOf(layer, [3]);
    const x = randomNormal([2, 3]);
    (model.apply(x, { training: true }) as Tensor).dispose();
    const loaded = await reload(model);
    expect(layerOfClass(loaded, FlaxLayer).module).to.equal(module);
    expectSameOutputs(model, loaded, x);
    x.dispose();
    model.dispose();
    loaded.dispose();
  });

  it('saves the parameters and buffers of a torch module by name', async () => {
    class Scale implements TorchModule {
      readonly weight = variableOf(2, 'float32');
      readonly seen = variableOf(0, 'int32');
      #training = false;
      forward(x: Tensor): Tensor {
        if (this.#training) this.seen.assign(add(this.seen, scalar(1, 'int32')));
        return mul(x, this.weight);
      }
      namedParameters(): [string, Variable][] {
        return [['0.weight', this.weight]];
      }
      namedBuffers(): [string, Variable][] {
        return [['0.num_batches_tracked', this.seen]];
      }
      train(mode: boolean): void {
        this.#training = mode;
      }
    }
    registerSerializable('saving.test>Scale', Scale);
    const made = [scalar(7)];
    const layer = new TorchModuleWrapper({ module: new Scale(), name: 'scale' });
    const model = modelOf(layer, [3]);
    layer.loadStateDict({ '0.weight': made[0], '0.num_batches_tracked': scalarInt(9, made) });
    const artifacts = await saved(model);
    expect(artifacts.weightSpecs?.map(({ name }) => name)).to.deep.equal([
      'scale/module.0-2e-weight',
      'scale/module.0-2e-num_batches_tracked',
    ]);
    const loaded = await reload(model);
    const again = layerOfClass(loaded, TorchModuleWrapper);
    const dict = again.stateDict();
    expect([dict['0.weight'].dataSync()[0], dict['0.num_batches_tracked'].dataSync()[0]]).to.deep.equal([
      7, 9,
    ]);
    const x = ones([1, 3]);
    expectSameOutputs(model, loaded, x);
    hk.tree.dispose([made, dict, x]);
    model.dispose();
    loaded.dispose();
  });
});

function variableOf(value: number, dtype: 'float32' | 'int32'): Variable {
  const initial = scalar(value, dtype);
  const made = variable(initial);
  initial.dispose();
  return made;
}

function scalarInt(value: number, made: Tensor[]): Tensor {
  const tensor = scalar(value, 'int32');
  made.push(tensor);
  return tensor;
}

describe('parameters as Haiku trees', () => {
  it('go to safetensors and back, and into the bare pair', () => {
    const layer = new JaxLayer({ callFn: dense.apply, initFn: dense.init, seed: 3 });
    layer.build([null, 3]);
    const [params, state] = [layer.toParams() as hk.Params, layer.toState() as hk.State];
    expect(Object.keys(params)).to.deep.equal(['linear', 'batch_norm']);
    const read = loadSafetensors(saveSafetensors(params));
    const x = randomNormal<Rank.R2>([4, 3]);
    const [bare, after] = hk.withoutApplyRng(dense).apply(read, state, x, false);
    const wrapped = layer.apply(x);
    expectClose(wrapped, bare.dataSync(), 1e-6);

    const other = new JaxLayer({ callFn: dense.apply, initFn: dense.init, seed: 4 });
    expectTanka('wrapper-not-built', () => other.fromParams(read));
    other.build([null, 3]);
    other.fromParams(read);
    other.fromState(state);
    const same = other.apply(x);
    expectClose(same, bare.dataSync(), 1e-6);
    const error = expectTanka('wrapper-weights-mismatch', () => {
      other.fromParams({ ...read, linear: { w: read.linear.w } });
    });
    expect(error.message).to.include("'params/linear'");
    // The copies are the caller's: freeing them leaves the layer alive.
    hk.tree.dispose([params, state, read, bare, after, wrapped, same, x]);
    const alive = ones([1, 3]);
    hk.tree.dispose([layer.apply(alive), alive]);
    layer.dispose();
    other.dispose();
  });

  it('layerOf makes a pair that saves by the names it is given', async () => {
    const layer = layerOf(hk.Linear, 2);
    registerSerializable('saving.test>layerOf.apply', layer.callFn);
    registerSerializable('saving.test>layerOf.init', layer.initFn!);
    const model = modelOf(layer, [3]);
    const loaded = await reload(model);
    const x = randomNormal([2, 3]);
    expectSameOutputs(model, loaded, x);
    x.dispose();
    for (const each of [model, loaded]) each.dispose();
  });

  it('layerOf makes the layer of a module class', () => {
    const layer = layerOf(hk.Linear, 5, { withBias: false });
    const output = layer.apply(tfl.input({ shape: [3] }));
    expect(output.shape).to.deep.equal([null, 5]);
    expect(Object.keys((layer.params as hk.Params).linear)).to.deep.equal(['w']);
    layer.dispose();
    expectTanka('wrapper-module-invalid', () => layerOf((() => 0) as never));
  });
});
