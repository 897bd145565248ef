import { ones, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

/** Values that no size may have. */
const NO_SIZES = [-1, 1.5, NaN, '3', undefined] as never[];

const images = (): Tensor => zeros([1, 5, 5, 2]);
const rows = (): Tensor => zeros([2, 3]);
const affine = { createScale: true, createOffset: true } as const;
const bare = { createScale: false, createOffset: false } as const;
const wInit = hk.initializers.constant(1);
const vq = { embeddingDim: 3, numEmbeddings: 2, commitmentCost: 0.2 };

/** The code of what a call within init throws. */
function codeOf(f: () => unknown): hk.ErrorCode | undefined {
  return errorCode(() => hk.transformWithState(() => void f()).init(1));
}

const sizes: Readonly<Record<string, (size: never) => unknown>> = {
  Linear: (size) => new hk.Linear(size),
  'Conv2D, channels': (size) => new hk.Conv2D(size, 3),
  'Conv2D, kernel': (size) => new hk.Conv2D(2, size),
  'Conv2D, stride': (size) => new hk.Conv2D(2, 3, { stride: [size] }),
  'Conv2D, rate': (size) => new hk.Conv2D(2, 3, { rate: [size, 1] }),
  'Conv2D, groups': (size) => new hk.Conv2D(2, 3, { featureGroupCount: size ?? 0 }),
  'Conv2DTranspose, channels': (size) => new hk.Conv2DTranspose(size, 3),
  'Conv2DTranspose, stride': (size) => new hk.Conv2DTranspose(2, 3, { stride: [size] }),
  'Conv2DTranspose, output': (size) => new hk.Conv2DTranspose(2, 3, { outputShape: [size] }),
  DepthwiseConv2D: (size) => new hk.DepthwiseConv2D(size, 3),
  SeparableDepthwiseConv2D: (size) => new hk.SeparableDepthwiseConv2D(size, 3),
  AvgPool: (size) => new hk.AvgPool(size, 1, 'SAME').call(images()),
  'MaxPool, strides': (size) => new hk.MaxPool(2, size, 'SAME').call(images()),
  GroupNorm: (size) => new hk.GroupNorm(size),
  SpectralNorm: (size) => new hk.SpectralNorm({ nSteps: size ?? 0 }),
  Embed: (size) => new hk.Embed({ vocabSize: size, embedDim: 2 }),
  'MultiHeadAttention, heads': (size) => new hk.MultiHeadAttention(size, 2, { wInit }),
  'MultiHeadAttention, keys': (size) => new hk.MultiHeadAttention(2, size, { wInit }),
  LSTM: (size) => new hk.LSTM(size).initialState(2),
  'GRU, batch': (size) => new hk.GRU(2).initialState(size ?? -1),
  Conv2DLSTM: (size) => new hk.Conv2DLSTM({ inputShape: [size], outputChannels: 1, kernelShape: 1 }),
  oneHot: (size) => hk.oneHot(zeros([2], 'int32'), size),
  MLP: (size) => new hk.nets.MLP([2, size]),
};

const refused: readonly [what: string, code: hk.ErrorCode, run: () => unknown][] = [
  ['a padding of NaN', 'layer-options', () => new hk.Conv2D(2, 3, { padding: [NaN, 1] })],
  ['groups of different sizes', 'layer-options', () => new hk.Conv2D(3, 3, { featureGroupCount: 2 })],
  [
    'an array as a mask',
    'input-not-tensor',
    () => new hk.Conv2D(2, 3, { mask: [[1]] as never }).call(images()),
  ],
  ['half a dimension of bias', 'layer-options', () => new hk.Bias({ biasDims: [1.5] }).call(rows())],
  [
    'a multiplier of another size',
    'input-shape',
    () => new hk.Bias().call(rows(), { multiplier: zeros([7]) }),
  ],
  ['a decay rate of NaN', 'layer-options', () => new hk.BatchNorm({ ...affine, decayRate: NaN })],
  ['a decay above 1', 'layer-options', () => new hk.ExponentialMovingAverage(2)],
  [
    'half a step of warm-up',
    'layer-options',
    () => new hk.ExponentialMovingAverage(0.5, { zeroDebias: false, warmupLength: 1.5 }),
  ],
  ['an eps of NaN', 'layer-options', () => new hk.BatchNorm({ ...affine, decayRate: 0.9, eps: NaN })],
  ['a negative eps', 'layer-options', () => new hk.LayerNorm({ ...affine, axis: -1, eps: -1 })],
  [
    'a scale that does not broadcast',
    'input-shape',
    () => new hk.LayerNorm({ ...bare, axis: 0 }).call(rows(), { scale: zeros([7]) }),
  ],
  [
    'a number as an offset',
    'input-not-tensor',
    () => new hk.GroupNorm(1, bare).call(rows(), { offset: 2 as never }),
  ],
  [
    'an integer matrix of embeddings',
    'input-dtype',
    () => new hk.Embed({ embeddingMatrix: zeros([2, 2], 'int32') }),
  ],
  [
    'a mask of another length',
    'input-shape',
    () => {
      const [query, key] = [zeros([5, 3]), zeros([4, 3])];
      return new hk.MultiHeadAttention(2, 2, { wInit }).call(query, key, key, zeros([2, 5, 5], 'bool'));
    },
  ],
  [
    'an attention dropout of NaN',
    'layer-options',
    () => new hk.MultiHeadAttention(2, 2, { wInit }).call(rows(), rows(), rows(), null, { dropoutRate: NaN }),
  ],
  ['a causal mask of a vector', 'input-rank', () => hk.causalMask(zeros([3]))],
  ['a rate in words', 'layer-options', () => hk.dropout(hk.random.key(1), '0.5' as never, rows())],
  ['an axis that one-hot rows do not have', 'call-options', () => hk.nn.oneHot(rows(), 3, { axis: 9 })],
  ['half an axis', 'call-options', () => hk.nn.softmax(rows(), { axis: 1.5 })],
  ...(['bias', 'mask', 'querySeqLengths', 'keyValueSeqLengths'] as const).map(
    (name): [string, hk.ErrorCode, () => unknown] => [
      `${name} of another batch`,
      'input-shape',
      () => {
        const heads = zeros([3, 1, 2]);
        const shape = name.endsWith('Lengths') ? [2] : [2, 1, 3, 3];
        return hk.nn.dotProductAttention(heads, heads, heads, { [name]: zeros(shape, 'bool') });
      },
    ],
  ),
  ['numbers that say where', 'input-dtype', () => hk.nn.logsumexp(rows(), { where: zeros([2, 3]) })],
  ['logits without classes', 'input-rank', () => hk.multinomial(hk.random.key(1), zeros([]), 2)],
  ['half a preserved dimension', 'layer-options', () => new hk.Flatten({ preserveDims: 1.5 })],
  ['half an output size', 'layer-options', () => new hk.Reshape([1.5])],
  ['no state', 'input-not-tensor', () => new hk.LSTM(1).call(rows(), null as never)],
  [
    'a cell of another batch',
    'input-shape',
    () => new hk.LSTM(1).call(rows(), { hidden: zeros([2, 1]), cell: zeros([3, 1]) }),
  ],
  [
    'the state of fewer cores',
    'input-shape',
    () => {
      const core = new hk.DeepRNN([new hk.LSTM(2), new hk.LSTM(2)]);
      return core.call(rows(), core.initialState(2).slice(1));
    },
  ],
  [
    'lengths of another batch',
    'input-shape',
    () => {
      const core = new hk.LSTM(2);
      const sequenceLengths = zeros([5], 'int32');
      return hk.staticUnroll(core, zeros([4, 2, 3]), core.initialState(2), { sequenceLengths });
    },
  ],
  [
    'an axis that is not there',
    'input-shape',
    () => new hk.BatchNorm({ ...affine, decayRate: 0.9, axis: [2] }).call(rows(), true),
  ],
];

type Untyped = Record<
  string,
  (new (...args: unknown[]) => { call(...args: unknown[]): unknown }) | undefined
>;

/** The library as plain JavaScript sees it: nothing keeps a caller from wrong arguments. */
const untyped = { ...hk, ...hk.nets } as unknown as Untyped;
const make = (name: string, ...args: unknown[]) => new untyped[name]!(...args);

const noOptions = null as never;

/** Whatever takes options when it is called. */
const callsWithNull: readonly [what: string, run: () => unknown][] = [
  ['BatchNorm', () => new hk.BatchNorm({ ...affine, decayRate: 0.9 }).call(rows(), true, noOptions)],
  ['LayerNorm', () => new hk.LayerNorm({ ...affine, axis: -1 }).call(rows(), noOptions)],
  ['InstanceNorm', () => new hk.InstanceNorm(affine).call(zeros([2, 3, 4]), noOptions)],
  ['GroupNorm', () => new hk.GroupNorm(1, bare).call(rows(), noOptions)],
  ['SpectralNorm', () => new hk.SpectralNorm().call(rows(), noOptions)],
  ['ExponentialMovingAverage', () => new hk.ExponentialMovingAverage(0.5).call(rows(), noOptions)],
  ['EMAParamsTree', () => new hk.EMAParamsTree(0.5).call({}, noOptions)],
  ['SNParamsTree', () => new hk.SNParamsTree().call({}, noOptions)],
  ['Bias', () => new hk.Bias().call(rows(), noOptions)],
  ['Embed', () => new hk.Embed({ vocabSize: 3, embedDim: 2 }).call(zeros([2], 'int32'), noOptions)],
  ['MLP', () => new hk.nets.MLP([2]).call(rows(), noOptions)],
  ['ResNet', () => new hk.nets.ResNet18(2).call(zeros([1, 32, 32, 3]), true, noOptions)],
  [
    'MultiHeadAttention',
    () => new hk.MultiHeadAttention(2, 2, { wInit }).call(rows(), rows(), rows(), null, noOptions),
  ],
  ['staticUnroll', () => hk.staticUnroll(new hk.LSTM(2), zeros([4, 2, 3]), {} as never, noOptions)],
  ['dynamicUnroll', () => hk.dynamicUnroll(new hk.LSTM(2), zeros([4, 2, 3]), {} as never, noOptions)],
  ['dropout', () => hk.dropout(hk.random.key(1), 0.5, rows(), noOptions)],
  ['expandApply', () => hk.expandApply((x) => x, noOptions)],
  [
    'MLP.reverse',
    () => {
      const mlp = new hk.nets.MLP([2]);
      mlp.call(rows());
      mlp.reverse(noOptions);
    },
  ],
  ...(['celu', 'elu', 'gelu', 'glu', 'leakyRelu', 'squareplus', 'softmax', 'logSoftmax'] as const).map(
    (name): [string, () => unknown] => [name, () => hk.nn[name](rows(), noOptions)],
  ),
  ...(['logsumexp', 'logmeanexp', 'standardize'] as const).map((name): [string, () => unknown] => [
    name,
    () => hk.nn[name](rows(), noOptions),
  ]),
  ['oneHot', () => hk.nn.oneHot(rows(), 3, noOptions)],
  [
    'dotProductAttention',
    () => {
      const heads = zeros([2, 1, 3]);
      hk.nn.dotProductAttention(heads, heads, heads, noOptions);
    },
  ],
];

/** What plain JavaScript may get wrong: the layer's name is in the message, and what it needs. */
const misused: readonly [what: string, code: hk.ErrorCode, message: RegExp, run: () => unknown][] = [
  ...[
    'BatchNorm LayerNorm RMSNorm InstanceNorm Embed Conv1DLSTM Conv2DLSTM Conv3DLSTM ResNet',
    'VectorQuantizer VectorQuantizerEMA',
  ]
    .join(' ')
    .split(' ')
    .flatMap((name): typeof misused => [
      [
        `${name} without options`,
        'layer-options',
        /needs its options as an object, but got undefined/,
        () => make(name),
      ],
      [`${name} of null`, 'layer-options', /null/, () => make(name, null)],
    ]),
  ...['Linear', 'GroupNorm', 'LSTM', 'GRU', 'VanillaRNN'].map((name): (typeof misused)[number] => [
    `${name} with null as options`,
    'layer-options',
    /null as its options/,
    () => make(name, 3, null),
  ]),
  ...callsWithNull.map(([what, run]): (typeof misused)[number] => [
    `${what} with null as options of the call`,
    'layer-options',
    /needs its options as an object, but got null/,
    run,
  ]),
  ...['VanillaRNN', 'LSTM', 'GRU'].map((name): (typeof misused)[number] => [
    `${name} of no size`,
    'layer-options',
    /hiddenSize = undefined/,
    () => make(name, undefined),
  ]),
  ...['Sequential', 'DeepRNN', 'MLP', 'Reshape'].flatMap((name): typeof misused =>
    [undefined, null, 3, '3'].map((list) => [
      `${name} of ${String(list)}`,
      'layer-options',
      /needs an array as/,
      () => make(name, list),
    ]),
  ),
  [
    'skip connections of nothing',
    'layer-options',
    /'__deep_rnn' needs an array as layers/,
    () => hk.deepRnnWithSkipConnections(null as never),
  ],
  [
    'a MobileNet without strides',
    'layer-options',
    /'mobile_net_v1' needs an array as strides/,
    () => make('MobileNetV1', { strides: null }),
  ],
  [
    'a ResNet without depths',
    'layer-options',
    /'res_net' needs an array as blocksPerGroup/,
    () => make('ResNet', { numClasses: 2 }),
  ],
  [
    'a group of -1 blocks',
    'layer-options',
    /block_group_1' needs a whole number/,
    () => make('ResNet', { numClasses: 2, blocksPerGroup: [1, -1, 1, 1] }),
  ],
  [
    'a cost of NaN',
    'layer-options',
    /'vector_quantizer' needs a number .* as commitmentCost/,
    () => make('VectorQuantizer', { ...vq, commitmentCost: NaN }),
  ],
  [
    'half an embedding',
    'layer-options',
    /numEmbeddings/,
    () => make('VectorQuantizer', { ...vq, numEmbeddings: 0.5 }),
  ],
  [
    'the name of an activation',
    'layer-options',
    /'mlp' needs a function as activation, but got relu/,
    () => make('MLP', [3, 3], { activation: 'relu' }),
  ],
  [
    'a number as an initializer',
    'parameter-initializer-missing',
    /'linear\/w' .* an initializer that is no function/,
    () => make('Linear', 3, { wInit: 3 }).call(rows()),
  ],
  [
    'a tensor as an initializer',
    'parameter-initializer-missing',
    /'batch_norm\/scale' .* an initializer that is no function/,
    () => make('BatchNorm', { ...affine, decayRate: 0.9, scaleInit: zeros([3]) }).call(rows(), true),
  ],
  [
    'null as an initializer',
    'parameter-initializer-missing',
    /'linear\/b' .* no initializer/,
    () => make('Linear', 3, { bInit: null }).call(rows()),
  ],
  [
    'a number as an initializer of state',
    'state-missing',
    /state '~\/count' does not exist yet. Pass an initializer/,
    () => hk.getState('count', [], { init: 3 as never }),
  ],
  [
    'BatchApply of nothing',
    'layer-options',
    /hk\.BatchApply needs a function/,
    () => new hk.BatchApply(null as never),
  ],
  [
    'expandApply of nothing',
    'layer-options',
    /hk\.expandApply needs a function/,
    () => hk.expandApply(3 as never),
  ],
  [
    'ResetCore of a function',
    'layer-options',
    /'reset_core' needs a recurrent core/,
    () => make('ResetCore', () => undefined),
  ],
  [
    'ResetCore without a signal',
    'input-shape',
    /'reset_core' takes an array \[inputs, shouldReset\]/,
    () => make('ResetCore', new hk.LSTM(2)).call(rows(), new hk.LSTM(2).initialState(2)),
  ],
  [
    'a static unroll of nothing',
    'layer-options',
    /hk\.staticUnroll needs a function/,
    () => hk.staticUnroll(null as never, zeros([4, 2, 3]), null),
  ],
  [
    'a dynamic unroll of nothing',
    'layer-options',
    /hk\.dynamicUnroll needs a function/,
    () => hk.dynamicUnroll(null as never, zeros([4, 2, 3]), null),
  ],
  ...[false, true].map((resnetV2): (typeof misused)[number] => [
    `a shortcut of other channels, version ${resnetV2 ? 2 : 1}`,
    'input-shape',
    /block_group_0\/~\/block_0' cannot add its shortcut .* Set useProjection to true/,
    () =>
      new hk.nets.ResNet({
        resnetV2,
        bottleneck: false,
        blocksPerGroup: [1, 1, 1, 1],
        channelsPerGroup: [8, 8, 8, 8],
        useProjection: [false, false, false, false],
        numClasses: 2,
      }).call(zeros([1, 8, 8, 3]), true),
  ]),
];

describe('layers refuse what plain JavaScript lets through', () => {
  for (const [what, code, message, run] of misused) {
    it(what, () => {
      const model = hk.transformWithState(() => void run());
      expect(() => model.init(1))
        .to.throw(hk.TankaError, message)
        .with.property('code', code);
    });
  }
});

describe('layers refuse options that make no sense', () => {
  for (const [what, make] of Object.entries(sizes)) {
    it(`sizes of ${what}`, () => {
      for (const size of NO_SIZES)
        expect(
          codeOf(() => make(size)),
          String(size),
        ).to.equal('layer-options');
    });
  }

  for (const [what, code, run] of refused) {
    it(what, () => {
      expect(codeOf(run)).to.equal(code);
    });
  }

  it('tensors that were disposed of', () => {
    const gone = ones([2, 3]);
    gone.dispose();
    const calls: (() => unknown)[] = [
      () => new hk.Linear(2).call(gone),
      () => new hk.Bias().call(gone),
      () => new hk.AvgPool(2, 1, 'SAME').call(gone),
      () => new hk.BatchNorm({ ...affine, decayRate: 0.9 }).call(gone, true),
      () => new hk.LayerNorm({ ...affine, axis: -1 }).call(gone),
      () => new hk.Flatten().call(gone),
      () => new hk.nets.MLP([2]).call(gone),
      () => hk.dropout(hk.random.key(1), 0.5, gone),
    ];
    for (const call of calls) expect(codeOf(call), String(call)).to.equal('tensor-disposed');
  });
});

describe('layers take empty inputs', () => {
  const cases: Readonly<Record<string, readonly [run: () => Tensor, shape: number[]]>> = {
    Linear: [() => new hk.Linear(3).call(zeros([0, 2])), [0, 3]],
    'Linear without features': [() => new hk.Linear(3).call(zeros([2, 0])), [2, 3]],
    Conv2D: [() => new hk.Conv2D(3, 2).call(zeros([0, 5, 5, 2])), [0, 5, 5, 3]],
    'Conv2D without channels': [() => new hk.Conv2D(3, 2).call(zeros([1, 5, 5, 0])), [1, 5, 5, 3]],
    Conv2DTranspose: [
      () => new hk.Conv2DTranspose(3, 2, { stride: 2 }).call(zeros([0, 5, 5, 2])),
      [0, 10, 10, 3],
    ],
    MaxPool: [() => new hk.MaxPool(2, 1, 'VALID').call(zeros([0, 5, 5, 2])), [0, 4, 4, 2]],
    LayerNorm: [() => new hk.LayerNorm({ ...affine, axis: -1 }).call(zeros([0, 3])), [0, 3]],
    BatchNorm: [() => new hk.BatchNorm({ ...affine, decayRate: 0.9 }).call(zeros([0, 3]), true), [0, 3]],
    Embed: [() => new hk.Embed({ vocabSize: 2, embedDim: 3 }).call(zeros([0], 'int32')), [0, 3]],
    Flatten: [() => new hk.Flatten().call(zeros([0, 3, 2])), [0, 6]],
    LSTM: [() => new hk.LSTM(3).call(zeros([0, 2]), new hk.LSTM(3).initialState(0))[0], [0, 3]],
    VectorQuantizer: [() => new hk.nets.VectorQuantizer(vq).call(zeros([0, 3]), true).quantize, [0, 3]],
    VectorQuantizerEMA: [
      () => new hk.nets.VectorQuantizerEMA({ ...vq, decay: 0.9 }).call(zeros([0, 3]), true).quantize,
      [0, 3],
    ],
  };
  for (const [what, [run, shape]] of Object.entries(cases)) {
    it(what, () => {
      const model = hk.transformWithState(run);
      const [params, state] = model.init(1);
      const [y, next] = model.apply(params, state, null);
      expect(y.shape).to.deep.equal(shape);
      expect(Array.from(y.dataSync())).to.satisfy((values: number[]) => values.every((value) => value === 0));
      hk.tree.dispose([params, state, y, next]);
    });
  }
});
