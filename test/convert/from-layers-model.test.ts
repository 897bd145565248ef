import {
  add,
  dispose,
  matMul,
  mean,
  pad,
  square,
  sum,
  tensor,
  tidy,
  type io,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { fromLayersModel } from '../../src/convert/index.js';
import { expectClose } from '../support/compare.js';
import { tolerances } from '../support/tolerances.js';
import { artifactsOf, expectSame, numbers, randomize } from './support.js';

const { layers } = tfl;
type Layer = tfl.layers.Layer;

/** Recurrent kernels get random values anyway, and tfjs-layers' own need methods that only the union package registers. */
const plainInit = { recurrentInitializer: 'glorotNormal' as const };

interface Case {
  readonly title: string;
  readonly input: readonly number[];
  readonly layers: () => Layer[];
  /** Names of the parameters below the model's, when the test says them. */
  readonly names?: readonly string[];
}

const activation = (name: string): Case => ({
  title: `Activation ${name}`,
  input: [2, 5],
  layers: () => [layers.activation({ activation: name as 'relu' })],
});

const cases: readonly Case[] = [
  {
    title: 'Dense, with bias and activation',
    input: [4],
    layers: () => [layers.dense({ units: 3, activation: 'tanh', name: 'first' })],
    names: ['first/b', 'first/w'],
  },
  {
    title: 'Dense of sequences, without bias',
    input: [5, 4],
    layers: () => [layers.dense({ units: 3, useBias: false, name: 'Dense-1' })],
    names: ['Dense_1/w'],
  },
  {
    title: 'Embedding',
    input: [3],
    layers: () => [layers.embedding({ inputDim: 7, outputDim: 4, name: 'words' })],
    names: ['words/embeddings'],
  },
  ...[
    'linear',
    'relu',
    'relu6',
    'elu',
    'selu',
    'sigmoid',
    'hardSigmoid',
    'softmax',
    'logSoftmax',
    'softplus',
    'softsign',
    'tanh',
    'swish',
    'mish',
    'gelu',
    'gelu_new',
  ].map(activation),
  { title: 'ReLU', input: [4], layers: () => [layers.reLU()] },
  { title: 'ReLU up to a value', input: [4], layers: () => [layers.reLU({ maxValue: 0.5 })] },
  { title: 'LeakyReLU', input: [4], layers: () => [layers.leakyReLU({ alpha: 0.2 })] },
  { title: 'ELU', input: [4], layers: () => [layers.elu()] },
  { title: 'ThresholdedReLU', input: [4], layers: () => [layers.thresholdedReLU({ theta: 0.4 })] },
  { title: 'Softmax along an axis', input: [3, 4], layers: () => [layers.softmax({ axis: -1 })] },
  { title: 'PReLU', input: [3, 4], layers: () => [layers.prelu({ sharedAxes: [1] })] },
  { title: 'Dropout', input: [4], layers: () => [layers.dropout({ rate: 0.5 })] },
  { title: 'SpatialDropout1D', input: [3, 4], layers: () => [layers.spatialDropout1d({ rate: 0.5 })] },
  { title: 'GaussianNoise', input: [4], layers: () => [layers.gaussianNoise({ stddev: 1 })] },
  { title: 'Flatten', input: [3, 2, 2], layers: () => [layers.flatten()] },
  {
    title: 'Flatten, channels first',
    input: [3, 2, 2],
    layers: () => [layers.flatten({ dataFormat: 'channelsFirst' })],
  },
  {
    title: 'Reshape',
    input: [6],
    layers: () => [layers.reshape({ targetShape: [3, 2] }), layers.reshape({ targetShape: [-1, 3] })],
  },
  { title: 'Permute', input: [2, 3, 4], layers: () => [layers.permute({ dims: [3, 1, 2] })] },
  { title: 'RepeatVector', input: [4], layers: () => [layers.repeatVector({ n: 3 })] },
  {
    title: 'Conv1D, dilated',
    input: [9, 3],
    layers: () => [
      layers.conv1d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        dilationRate: 2,
        activation: 'relu',
        name: 'conv',
      }),
    ],
    names: ['conv/b', 'conv/w'],
  },
  {
    title: 'Conv1D with strides',
    input: [9, 3],
    layers: () => [layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' })],
  },
  ...(['same', 'valid'] as const).flatMap((padding) =>
    [1, 2, 3].flatMap((strides) => [
      {
        title: `Conv2D ${padding}, strides ${strides}`,
        input: [7, 8, 3],
        layers: () => [
          layers.conv2d({ filters: 4, kernelSize: [3, 2], strides, padding, activation: 'relu6' }),
        ],
      },
      {
        title: `Conv2DTranspose ${padding}, strides ${strides}`,
        input: [4, 5, 3],
        layers: () => [layers.conv2dTranspose({ filters: 2, kernelSize: [3, 2], strides, padding })],
      },
      {
        title: `DepthwiseConv2D ${padding}, strides ${strides}`,
        input: [7, 7, 3],
        layers: () => [layers.depthwiseConv2d({ kernelSize: 3, strides, padding, depthMultiplier: 2 })],
      },
      {
        title: `MaxPooling2D and AveragePooling2D ${padding}, strides ${strides}`,
        input: [9, 8, 2],
        layers: () => [
          layers.maxPooling2d({ poolSize: 2, strides, padding }),
          layers.averagePooling2d({ poolSize: [2, 3], strides: 1, padding }),
        ],
      },
    ]),
  ),
  {
    title: 'Conv2D, dilated, without bias',
    input: [9, 9, 2],
    layers: () => [layers.conv2d({ filters: 2, kernelSize: 3, dilationRate: 2, useBias: false })],
  },
  {
    title: 'SeparableConv2D',
    input: [6, 6, 3],
    layers: () => [layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'sep' })],
    names: ['sep_depthwise/w', 'sep_pointwise/b', 'sep_pointwise/w'],
  },
  {
    title: 'Conv3D and pools',
    input: [6, 6, 6, 2],
    layers: () => [
      layers.conv3d({ filters: 3, kernelSize: 2, padding: 'same' }),
      layers.maxPooling3d({ poolSize: 2 }),
      layers.averagePooling3d({ poolSize: 2, strides: 1 }),
    ],
  },
  {
    title: 'pools of sequences',
    input: [9, 2],
    layers: () => [
      layers.maxPooling1d({ poolSize: 2 }),
      layers.averagePooling1d({ poolSize: 3, strides: 1, padding: 'same' }),
    ],
  },
  {
    title: 'ZeroPadding2D and Cropping2D',
    input: [5, 6, 2],
    layers: () => [
      layers.zeroPadding2d({
        padding: [
          [0, 1],
          [2, 3],
        ],
      }),
      layers.cropping2D({
        cropping: [
          [1, 0],
          [1, 1],
        ],
      }),
    ],
  },
  { title: 'UpSampling2D', input: [2, 3, 2], layers: () => [layers.upSampling2d({ size: [2, 3] })] },
  { title: 'GlobalAveragePooling2D', input: [3, 3, 2], layers: () => [layers.globalAveragePooling2d({})] },
  { title: 'GlobalMaxPooling2D', input: [3, 3, 2], layers: () => [layers.globalMaxPooling2d({})] },
  { title: 'GlobalAveragePooling1D', input: [3, 2], layers: () => [layers.globalAveragePooling1d()] },
  { title: 'GlobalMaxPooling1D', input: [3, 2], layers: () => [layers.globalMaxPooling1d()] },
  ...[[4], [3, 4], [3, 3, 4]].map((input) => ({
    title: `BatchNormalization of rank ${input.length + 1}`,
    input,
    layers: () => [layers.batchNormalization({ name: 'bn', epsilon: 0.01 })],
    names: ['bn/offset', 'bn/scale'],
  })),
  {
    title: 'BatchNormalization without scale',
    input: [4],
    layers: () => [layers.batchNormalization({ scale: false, name: 'bn' })],
    names: ['bn/offset'],
  },
  {
    title: 'LayerNormalization',
    input: [3, 4],
    layers: () => [layers.layerNormalization({ name: 'ln' })],
    names: ['ln/offset', 'ln/scale'],
  },
  ...(['hardSigmoid', 'sigmoid'] as const).flatMap((recurrentActivation) => [
    {
      title: `LSTM, ${recurrentActivation}`,
      input: [5, 3],
      layers: () => [layers.lstm({ units: 4, recurrentActivation, name: 'lstm', ...plainInit })],
      names: ['lstm/linear/b', 'lstm/linear/w'],
    },
    {
      title: `GRU, ${recurrentActivation}`,
      input: [5, 3],
      layers: () => [layers.gru({ units: 4, recurrentActivation, name: 'gru', ...plainInit })],
      names: ['gru/b', 'gru/w_h', 'gru/w_i'],
    },
  ]),
  {
    title: 'LSTM of sequences, backwards, without bias',
    input: [5, 3],
    layers: () => [
      layers.lstm({ units: 4, returnSequences: true, goBackwards: true, useBias: false, ...plainInit }),
    ],
  },
  {
    title: 'GRU of relu',
    input: [5, 3],
    layers: () => [
      layers.gru({ units: 4, activation: 'relu', returnSequences: true, useBias: false, ...plainInit }),
    ],
  },
  {
    title: 'SimpleRNN',
    input: [5, 3],
    layers: () => [layers.simpleRNN({ units: 4, name: 'rnn', ...plainInit })],
    names: ['rnn/linear/b', 'rnn/linear/w', 'rnn/linear_1/w'],
  },
  ...(['concat', 'sum', 'mul', 'ave'] as const).flatMap((mergeMode) =>
    [true, false].map((returnSequences) => ({
      title: `Bidirectional, ${mergeMode}, ${returnSequences ? 'sequences' : 'last'}`,
      input: [5, 3],
      layers: () => [
        layers.bidirectional({
          layer: layers.lstm({ units: 4, returnSequences, ...plainInit }) as tfl.RNN,
          mergeMode,
          name: 'both',
        }),
      ],
      names: [
        'both_backward/linear/b',
        'both_backward/linear/w',
        'both_forward/linear/b',
        'both_forward/linear/w',
      ],
    })),
  ),
  {
    title: 'TimeDistributed',
    input: [5, 4, 4, 2],
    layers: () => [
      layers.timeDistributed({
        layer: layers.conv2d({ filters: 3, kernelSize: 2, activation: 'relu' }),
        name: 'each',
      }),
    ],
  },
  {
    title: 'a model in a model',
    input: [4],
    layers: () => [
      tfl.sequential({
        name: 'inner',
        layers: [
          layers.dense({ units: 3, inputShape: [4], name: 'a' }),
          layers.batchNormalization({ name: 'b' }),
        ],
      }),
      layers.dense({ units: 2, name: 'c' }),
    ],
    names: ['c/b', 'c/w', 'inner/a/b', 'inner/a/w', 'inner/b/offset', 'inner/b/scale'],
  },
];

describe('fromLayersModel', () => {
  for (const { title, input, layers: make, names } of cases) {
    it(title, async () => {
      const model = tfl.sequential({
        name: 'm',
        layers: [layers.inputLayer({ inputShape: [...input] }), ...make()],
      });
      randomize(model);
      const x =
        title === 'Embedding'
          ? tensor([
              [0, 3, 6],
              [1, 1, 5],
            ])
          : numbers([2, ...input], 99);
      const found = await expectSame(model, [x]);
      if (names !== undefined) expect(found).to.deep.equal(names.map((name) => `m/${name}`).sort());
      x.dispose();
      model.weights.forEach((weight) => weight.dispose());
    });
  }

  it('converts graphs: several inputs and outputs, shared layers, models within', async () => {
    const [a, b] = ['a', 'b'].map((name) => tfl.input({ shape: [4], name }));
    const shared = layers.dense({ units: 3, activation: 'relu', name: 'shared' });
    const inner = tfl.sequential({
      name: 'inner',
      layers: [layers.dense({ units: 3, inputShape: [3], name: 'deep' })],
    });
    const [x, y] = [a, b].map((input) => shared.apply(input) as tfl.SymbolicTensor);
    const all = [
      layers.add().apply([x, y]),
      layers.multiply().apply([x, y]),
      layers.average().apply([x, y]),
      layers.maximum().apply([x, y]),
      layers.minimum().apply([x, y]),
      inner.apply(x),
      inner.apply(y),
    ] as tfl.SymbolicTensor[];
    const joined = layers.concatenate({ name: 'joined' }).apply(all) as tfl.SymbolicTensor;
    const out = layers.dense({ units: 2, name: 'out' }).apply(joined) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: [a, b], outputs: [out, joined, all[5]], name: 'graph' });
    randomize(model);
    const inputs = [numbers([2, 4], 1), numbers([2, 4], 2)];
    expect(await expectSame(model, inputs)).to.deep.equal([
      ...[
        'graph/inner/deep/b',
        'graph/inner/deep/w',
        'graph/out/b',
        'graph/out/w',
        'graph/shared/b',
        'graph/shared/w',
      ],
    ]);
    dispose(inputs);
    model.weights.forEach((weight) => weight.dispose());
  });

  it('merges inputs that are broadcast, those of fewer axes too', async () => {
    const [a, b, c] = [[3, 4], [1, 4], [4]].map((shape) => tfl.input({ shape }));
    const merges = [layers.add, layers.multiply, layers.average, layers.maximum, layers.minimum];
    const outputs = merges.map((merge) => merge().apply([a, b, c]) as tfl.SymbolicTensor);
    const model = tfl.model({ inputs: [a, b, c], outputs });
    const inputs = [
      [2, 3, 4],
      [2, 1, 4],
      [2, 4],
    ].map(numbers);
    await expectSame(model, inputs);
    dispose(inputs);
  });

  it('converts what tfjs-layers itself cannot run or save: causal windows, multiplied channels', async () => {
    const model = tfl.sequential({
      layers: [layers.conv1d({ filters: 2, kernelSize: 3, dilationRate: 2, inputShape: [null, 3] })],
    });
    const artifacts = await artifactsOf(model);
    configOf(artifacts, 0).padding = 'causal';
    const { network, params, state } = fromLayersModel(artifacts);
    const x = numbers([1, 7, 3], 5);
    const padded = pad(x, [
      [0, 0],
      [4, 0],
      [0, 0],
    ]);
    const expected = model.predict(padded) as Tensor;
    const pair = hk.withoutApplyRng(
      hk.transformWithState((input: Tensor) => network().call(input) as Tensor),
    );
    const [actual] = pair.apply(params, state, x);
    expectClose(actual, expected.dataSync() as Float32Array, tolerances.output);
    hk.tree.dispose([params, state, x, padded, expected, actual]);
    model.dispose();

    const separable = tfl.sequential({
      layers: [
        layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, inputShape: [6, 6, 3] }),
      ],
    });
    const saved = await artifactsOf(separable);
    configOf(saved, 0).depth_multiplier = 2;
    const converted = fromLayersModel(saved);
    const image = numbers([1, 6, 6, 3], 6);
    const wanted = separable.predict(image) as Tensor;
    const other = hk.withoutApplyRng(
      hk.transformWithState((input: Tensor) => converted.network().call(input) as Tensor),
    );
    const [result] = other.apply(converted.params, converted.state, image);
    expectClose(result, wanted.dataSync() as Float32Array, tolerances.output);
    hk.tree.dispose([converted.params, converted.state, image, wanted, result]);
    separable.dispose();
  });

  it('trains on: statistics of batches, dropout, gradients of every parameter', async () => {
    const model = tfl.sequential({
      name: 'm',
      layers: [
        layers.dense({ units: 4, inputShape: [3], name: 'a' }),
        layers.batchNormalization({ name: 'b', momentum: 0.9 }),
        layers.dropout({ rate: 0.5 }),
      ],
    });
    const { network, params, state } = fromLayersModel(await artifactsOf(model));
    const pair = hk.transformWithState(
      (x: Tensor, isTraining: boolean) => network().call(x, isTraining) as Tensor,
    );
    const x = numbers([8, 3], 3);
    const [[loss, next], grads] = hk.valueAndGrad(
      (p: hk.Params): [Tensor, hk.State] => {
        const [y, after] = pair.apply(p, state, hk.random.key(0), x, true);
        return [sum(square(y)), after];
      },
      { hasAux: true },
    )(params);
    expect(Object.keys(grads)).to.deep.equal(Object.keys(params));
    expect(Math.max(...grads['m/a'].w.dataSync().map(Math.abs))).to.be.above(0);
    // Keras' moving averages go on where they were: 0.9 of what was, 0.1 of the batch.
    const batch = tidy(() =>
      mean(add(matMul(x as Tensor2D, params['m/a'].w as Tensor2D), params['m/a'].b), 0).dataSync(),
    );
    const average = next['m/b/~/mean_ema'].average.dataSync();
    average.forEach((value: number, i: number) => expect(value).to.be.closeTo(0.1 * batch[i], 1e-5));
    hk.tree.dispose([params, state, x, loss, next, grads]);
    model.dispose();
  });

  it('reads quantized weights and Keras’ spellings', async () => {
    const model = tfl.sequential({
      name: 'm',
      layers: [layers.dense({ units: 2, inputShape: [2], name: 'd' })],
    });
    const artifacts = await artifactsOf(model);
    // As the tensorflowjs package writes a model of Keras: within model_config, a list of layers, weights quantized.
    const { class_name, config } = artifacts.modelTopology as {
      class_name: string;
      config: { layers: unknown[] };
    };
    const { network, params, state } = fromLayersModel({
      modelTopology: { keras_version: '2.15', model_config: { class_name, config: config.layers } },
      weightSpecs: [
        {
          name: 'model/d/kernel',
          shape: [2, 2],
          dtype: 'float32',
          quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
        },
        {
          name: 'model/d/bias',
          shape: [2],
          dtype: 'float32',
          quantization: { dtype: 'float16', original_dtype: 'float32' },
        },
      ] as io.WeightsManifestEntry[],
      weightData: [Uint8Array.of(0, 2, 4, 255).buffer, Uint16Array.of(0x3c00, 0xc000).buffer],
    });
    expect(Array.from(params['model/d'].w.dataSync())).to.deep.equal([-1, 0, 1, 126.5]);
    expect(Array.from(params['model/d'].b.dataSync())).to.deep.equal([1, -2]);
    expect(String(network)).to.be.a('string');
    hk.tree.dispose([params, state]);
    model.dispose();
  });
});

/** The configuration of a layer in saved artifacts, to be changed. */
function configOf(artifacts: io.ModelArtifacts, layer: number): Record<string, unknown> {
  const topology = artifacts.modelTopology as { config: { layers: { config: Record<string, unknown> }[] } };
  return topology.config.layers[layer].config;
}
