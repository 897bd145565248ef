import {
  add,
  cast,
  clone,
  div,
  matMul,
  mean,
  mul,
  relu,
  rsqrt,
  scalar,
  square,
  sub,
  tidy,
  train,
  variable,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import {
  FlaxLayer,
  layerFlaxModuleWrapper,
  layerTorchModuleWrapper,
  TorchModuleWrapper,
  type FlaxModule,
  type TorchModule,
} from '../../src/wrapper/index.js';
import { expectBits, expectClose } from '../support/compare.js';
import { tolerances } from '../support/tolerances.js';
import { onEachBackend } from './support/backends.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, fitSteps, modelOf } from './support/fit.js';
import { itMatches, torchManifest, type GoldenCase } from './support/golden-trees.js';

interface FlaxVariables {
  readonly params: {
    readonly BatchNorm_0: { scale: Tensor; bias: Tensor };
    readonly Dense_0: { kernel: Tensor2D; bias: Tensor };
    readonly Dense_1: { kernel: Tensor2D; bias: Tensor };
  };
  readonly batch_stats: { readonly BatchNorm_0: { mean: Tensor; var: Tensor } };
}

/** Flax' Dense 8, BatchNorm, relu, Dropout 0.4, Dense 3, with the dropout mask given. */
function flaxNet(keep: Tensor, seen: unknown[], golden: GoldenCase): FlaxModule {
  return {
    init: () => ({}),
    apply(variables, inputs, { rngs, mutable, training }) {
      seen.push({ rngs, mutable, training });
      const { params, batch_stats } = variables as unknown as FlaxVariables;
      const { mean: runningMean, var: runningVar } = batch_stats.BatchNorm_0;
      let x: Tensor = add(matMul(inputs as Tensor2D, params.Dense_0.kernel), params.Dense_0.bias);
      const batchMean = mean(x, 0);
      const batchVar = mean(square(sub(x, batchMean)), 0);
      const [m, v] = training ? [batchMean, batchVar] : [runningMean, runningVar];
      const scaled = mul(sub(x, m), mul(rsqrt(add(v, 1e-5)), params.BatchNorm_0.scale));
      const normed = add(scaled, params.BatchNorm_0.bias);
      x = relu(normed);
      if (training) {
        expectClose(normed, golden.values('mid/bn_out'), tolerances.output);
        x = where(keep, div(x, 0.6), zerosLike(x));
        expectClose(x, golden.values('mid/dropout_out'), tolerances.output);
      }
      const output = add(matMul(x as Tensor2D, params.Dense_1.kernel), params.Dense_1.bias);
      const moved = (old: Tensor, batch: Tensor): Tensor =>
        training ? add(mul(old, 0.9), mul(batch, 0.1)) : old;
      const stats = { mean: moved(runningMean, batchMean), var: moved(runningVar, batchVar) };
      return [output, { batch_stats: { BatchNorm_0: stats } }];
    },
  };
}

/** `torch.nn.Sequential(Linear(5, 8), BatchNorm1d(8), ReLU(), Linear(8, 3))`. */
class TorchNet implements TorchModule {
  readonly variables: Record<string, Variable>;
  #training = true;

  constructor(golden: GoldenCase, prefix: string) {
    this.variables = Object.fromEntries(
      golden.names(prefix).map((name) => {
        // PyTorch counts batches in 64 bits, which TensorFlow.js lacks.
        const value = clone(golden.tensor(`${prefix}/${name}`));
        const made = variable(value);
        value.dispose();
        return [name, made];
      }),
    );
  }

  namedParameters(): [string, Variable][] {
    const names = ['0.weight', '0.bias', '1.weight', '1.bias', '3.weight', '3.bias'];
    return names.map((name) => [name, this.variables[name]]);
  }

  namedBuffers(): [string, Variable][] {
    const names = ['1.running_mean', '1.running_var', '1.num_batches_tracked'];
    return names.map((name) => [name, this.variables[name]]);
  }

  train(mode: boolean): void {
    this.#training = mode;
  }

  forward(input: Tensor2D): Tensor {
    const { variables: v } = this;
    const linear = (x: Tensor, name: string): Tensor =>
      add(matMul(x as Tensor2D, v[`${name}.weight`] as unknown as Tensor2D, false, true), v[`${name}.bias`]);
    let x = linear(input, '0');
    let [m, s]: Tensor[] = [v['1.running_mean'], v['1.running_var']];
    if (this.#training) {
      const n = x.shape[0];
      m = mean(x, 0);
      s = mean(square(sub(x, m)), 0);
      // PyTorch keeps the unbiased variance.
      const kept = mul(s, n / (n - 1));
      v['1.running_mean'].assign(add(mul(v['1.running_mean'], 0.9), mul(m, 0.1)));
      v['1.running_var'].assign(add(mul(v['1.running_var'], 0.9), mul(kept, 0.1)));
      v['1.num_batches_tracked'].assign(add(v['1.num_batches_tracked'], scalar(1, 'int32')));
    }
    x = add(mul(sub(x, m), mul(rsqrt(add(s, 1e-5)), v['1.weight'])), v['1.bias']);
    return linear(relu(x), '3');
  }
}

function expectDict(layer: TorchModuleWrapper, golden: GoldenCase, prefix: string, tolerance: number): void {
  const dict = layer.stateDict();
  expect(Object.keys(dict).sort()).to.deep.equal(golden.names(prefix).sort());
  for (const [name, value] of Object.entries(dict)) {
    const expected = golden.values(`${prefix}/${name}`);
    if (expected instanceof Int32Array) expectBits(value, expected, `${prefix}/${name}`);
    else expectClose(value, expected, tolerance, `${prefix}/${name}`);
  }
  hk.tree.dispose(dict);
}

onEachBackend('layers around Flax and torch modules', () => {
  itMatches('d_flax_dense_bn_dropout', (golden) => {
    golden.leave('key/dropout_rng', 'Flax derives it from the names of its modules');
    golden.leave('mask/known', 'says where the mask can be seen; elsewhere relu gives zeros');
    const seen: unknown[] = [];
    const keep = tidy(() => cast(golden.tensor('mask/dropout_keep_where_positive'), 'bool'));
    const variables = {
      ...(golden.nested('params') as object),
      ...(golden.nested('state_before') as object),
    };
    const layer = new FlaxLayer({ module: flaxNet(keep, seen, golden), variables, seed: 5 });
    const x = golden.tensor('in/x');
    const inference = layer.apply(x);
    expectClose(inference, golden.values('out/inference'), tolerances.output);
    const trained = layer.apply(x, { training: true });
    expectClose(trained, golden.values('out/train'), tolerances.output);
    const stats = (layer.state as FlaxVariables).batch_stats.BatchNorm_0;
    for (const name of ['mean', 'var'] as const) {
      expectClose(
        stats[name],
        golden.values(`state_after/batch_stats/BatchNorm_0/${name}`),
        tolerances.output,
      );
    }
    expect(seen).to.deep.equal([
      { rngs: {}, mutable: ['batch_stats'], training: false },
      { rngs: { dropout: Uint32Array.of(5, 0) }, mutable: ['batch_stats'], training: true },
    ]);
    expect(layer.weights.map(({ originalName }) => originalName.replace(/^.*\//, ''))).to.deep.equal([
      'params.params.BatchNorm_0.bias',
      'params.params.BatchNorm_0.scale',
      'params.params.Dense_0.bias',
      'params.params.Dense_0.kernel',
      'params.params.Dense_1.bias',
      'params.params.Dense_1.kernel',
      'state.batch_stats.BatchNorm_0.mean',
      'state.batch_stats.BatchNorm_0.var',
    ]);
    hk.tree.dispose([inference, trained, keep]);
    layer.dispose();
  });

  itMatches('d2_flax_init', (golden) => {
    golden.leave('key', "drawn from Keras' global generator; here both keys come from the seed");
    const [paramsKey, dropoutKey] = hk.random.split(hk.random.foldIn(hk.random.key(321), 0x696e6974));
    const seen: unknown[] = [];
    const variables = { ...(golden.nested('params') as object), ...(golden.nested('state') as object) };
    const module: FlaxModule = {
      init(rngs, inputs, options) {
        seen.push(rngs, (inputs as Tensor).shape, options);
        return variables;
      },
      apply: (v, inputs) => [inputs, { batch_stats: v.batch_stats }],
    };
    const layer = new FlaxLayer({ module, seed: 321 });
    layer.apply(tfl.input({ shape: [5] }));
    expect(seen).to.deep.equal([{ params: paramsKey, dropout: dropoutKey }, [1, 5], { training: true }]);
    expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).to.deep.equal([6, 2]);
    const { kernel } = (layer.params as FlaxVariables).params.Dense_0;
    expectBits(kernel, golden.values('params/params/Dense_0/kernel'));
    layer.dispose();
  });

  itMatches('t_torch_linear_bn', (golden) => {
    const layer = new TorchModuleWrapper({ module: new TorchNet(golden, 'before') });
    expect(layer.built).to.equal(true);
    expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).to.deep.equal([6, 3]);
    const x = golden.tensor('in/x');
    const inference = layer.apply(x);
    expectClose(inference, golden.values('out/inference'), tolerances.output);
    expectDict(layer, golden, 'after_inference', tolerances.output);
    // Keras trains where training is not said; here it must be said. Its two training calls follow each other.
    const first = layer.apply(x, { training: true });
    expectClose(first, golden.values('out/none'), tolerances.output);
    expectDict(layer, golden, 'after_none_call', tolerances.output);
    const second = layer.apply(x, { training: true });
    expectClose(second, golden.values('out/train'), tolerances.output);
    expectDict(layer, golden, 'after_train_call', tolerances.output);
    hk.tree.dispose([inference, first, second]);
    layer.dispose();
  });

  itMatches('t_torch_fit_bn', async (golden) => {
    const layer = new TorchModuleWrapper({ module: new TorchNet(golden, 'step0') });
    const model = modelOf(layer, [5]);
    const optimizer = train.sgd(0.05);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const data = [golden.tensor('in/x'), golden.tensor('in/y')] as const;
    const losses = await fitSteps(model, data, 5, (step) => {
      expectDict(layer, golden, `step${step}`, 1e-4);
    });
    expectClose(Float32Array.from(losses), golden.values('out/losses'), 1e-4);
    expectClose(
      Float32Array.from(losses),
      Float32Array.from(torchManifest.cases.t_torch_fit_bn.losses ?? []),
      1e-4,
    );
    disposeAll(model, optimizer);
  });
});

describe('TorchModuleWrapper', () => {
  const of = (value: number, trainable = true): Variable => {
    const initial = scalar(value);
    const made = variable(initial, trainable);
    initial.dispose();
    return made;
  };
  const scale = (weight: Variable, buffers: [string, Variable][] = []): TorchModule => ({
    forward: (...inputs: Tensor[]) =>
      mul(
        inputs.reduce((a, b) => add(a, b)),
        weight,
      ),
    namedParameters: () => [['weight', weight]],
    namedBuffers: () => buffers,
    train: () => undefined,
  });

  it('spreads an array of inputs over the arguments of forward', () => {
    const layer = new TorchModuleWrapper({ module: scale(of(2)) });
    const [a, b] = [scalar(1), scalar(2)];
    const output = layer.apply([a, b]);
    expect(output.dataSync()[0]).to.equal(6);
    hk.tree.dispose([a, b, output]);
    layer.dispose();
  });

  it('shares its variables with the module, and freezes those that are not trainable', () => {
    const weight = of(2, false);
    const layer = new TorchModuleWrapper({ module: scale(weight) });
    expect(layer.trainableWeights).to.deep.equal([]);
    expect(layer.weights[0].read()).to.equal(weight);
    layer.dispose();
    expect(weight.isDisposed).to.equal(true);
  });

  it('checks a given shape of the output, which Keras takes as it is', () => {
    const layer = new TorchModuleWrapper({ module: scale(of(2)), outputShape: [null, 99] });
    expect(layer.apply(tfl.input({ shape: [3] })).shape).to.deep.equal([null, 99]);
    const x = scalar(1);
    expectTanka('wrapper-output-shape', () => layer.apply(x));
    x.dispose();
    layer.dispose();
  });

  it('loads a state_dict strictly, by name', () => {
    const layer = new TorchModuleWrapper({ module: scale(of(2), [['mean', of(0)]]), name: 'L' });
    const value = scalar(5);
    const missing = expectTanka('wrapper-weights-mismatch', () => layer.loadStateDict({ weight: value }));
    expect(missing.message).to.include('Missing key(s) in state_dict: "mean".');
    const extra = expectTanka('wrapper-weights-mismatch', () =>
      layer.loadStateDict({ weight: value, mean: value, bias: value }),
    );
    expect(extra.message).to.include('Unexpected key(s) in state_dict: "bias".');
    layer.loadStateDict({ '': { weight: value, mean: value } });
    expect(layer.weights.map((weight) => weight.read().dataSync()[0])).to.deep.equal([5, 5]);
    value.dispose();
    layer.dispose();
  });

  it('refuses classes, functions and lazy modules, and says what is missing', () => {
    expectTanka('wrapper-module-invalid', () => new TorchModuleWrapper({ module: TorchNet as never }));
    const error = expectTanka(
      'wrapper-module-invalid',
      () => new TorchModuleWrapper({ module: { forward: () => 0 } as never }),
    );
    expect(error.message).to.include('namedParameters, no namedBuffers, no train');
    const lazy = { ...scale(undefined as never) };
    expectTanka('wrapper-module-invalid', () => new TorchModuleWrapper({ module: lazy }));
  });

  it('composes in the three ways, as its siblings do', () => {
    const input = tfl.input({ shape: [3] });
    const output = layerTorchModuleWrapper(input, { module: scale(of(2)) });
    const model = tfl.model({ inputs: input, outputs: output });
    const sequential = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [3] })] });
    expect(layerTorchModuleWrapper(sequential, { module: scale(of(2)) })).to.equal(sequential);
    const flax = { init: () => ({}), apply: (_v: unknown, x: unknown) => mul(x as Tensor, 3) };
    layerFlaxModuleWrapper(sequential, { module: flax });
    const result = layerFlaxModuleWrapper([[1, 2, 3]], { module: flax });
    expect([...result.dataSync()]).to.deep.equal([3, 6, 9]);
    result.dispose();
    for (const each of [model, sequential]) each.dispose();
  });
});
