import { expect } from 'chai';
import * as hk from '../../src/index.js';

const wInit = hk.initializers.constant(1);
const affine = { createScale: true, createOffset: true };
const convolution = {
  stride: 1,
  padding: 'SAME',
  withBias: true,
  wInit: undefined,
  bInit: undefined,
} as const;
const formats = [undefined, 'NWC', 'NHWC', 'NDHWC'] as const;
const four = { resnetV2: false, strides: [1, 2, 2, 2] };
const lstm = (): hk.LSTM => new hk.LSTM(2);

/** Haiku's arguments, with its defaults written out, and what is left of them when defaults are left out. */
const calls: Readonly<Record<string, () => hk.Module>> = {
  'Linear({ outputSize: 3 })': () =>
    new hk.Linear(3, { withBias: true, wInit: undefined, bInit: undefined, name: undefined }),
  "Linear({ outputSize: 3, withBias: false, wInit: <function>, name: 'q' })": () =>
    new hk.Linear(3, { withBias: false, wInit, name: 'q' }),
  'Bias()': () => new hk.Bias({ outputSize: undefined, biasDims: undefined, bInit: undefined }),
  'Bias({ outputSize: [3], biasDims: [-1] })': () => new hk.Bias({ outputSize: [3], biasDims: [-1] }),
  ...Object.fromEntries(
    ([1, 2, 3] as const).flatMap((rank): [string, () => hk.Module][] => {
      const dataFormat = formats[rank];
      return [
        [
          `Conv${rank}D({ outputChannels: 3, kernelShape: 2 })`,
          () =>
            new hk[`Conv${rank}D`](3, 2, {
              ...convolution,
              rate: 1,
              dataFormat,
              mask: undefined,
              featureGroupCount: 1,
            }),
        ],
        [
          `Conv${rank}DTranspose({ outputChannels: 3, kernelShape: 2 })`,
          () =>
            new hk[`Conv${rank}DTranspose`](3, 2, {
              ...convolution,
              outputShape: undefined,
              dataFormat,
              mask: undefined,
            }),
        ],
        [
          `DepthwiseConv${rank}D({ channelMultiplier: 3, kernelShape: 2 })`,
          () => new hk[`DepthwiseConv${rank}D`](3, 2, { ...convolution, rate: 1, dataFormat }),
        ],
      ];
    }),
  ),
  'ConvND({ numSpatialDims: 2, outputChannels: 3, kernelShape: 2 })': () =>
    new hk.ConvND(2, 3, 2, { ...convolution, rate: 1, dataFormat: 'channels_last', featureGroupCount: 1 }),
  'ConvNDTranspose({ numSpatialDims: 2, outputChannels: 3, kernelShape: 2 })': () =>
    new hk.ConvNDTranspose(2, 3, 2, { ...convolution, dataFormat: 'channels_last' }),
  'SeparableDepthwiseConv2D({ channelMultiplier: 3, kernelShape: 2 })': () =>
    new hk.SeparableDepthwiseConv2D(3, 2, { ...convolution, dataFormat: 'NHWC' }),
  'BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 })': () =>
    new hk.BatchNorm({ ...affine, decayRate: 0.9, eps: 1e-5, axis: undefined, dataFormat: 'channels_last' }),
  'LayerNorm({ axis: -1, createScale: true, createOffset: true })': () =>
    new hk.LayerNorm({ axis: -1, ...affine, eps: 1e-5, useFastVariance: false, paramAxis: undefined }),
  'RMSNorm({ axis: -1 })': () => new hk.RMSNorm({ axis: -1, eps: 1e-5, createScale: true }),
  'InstanceNorm({ createScale: true, createOffset: true })': () =>
    new hk.InstanceNorm({ ...affine, eps: 1e-5, dataFormat: 'channels_last' }),
  'GroupNorm({ groups: 2 })': () =>
    new hk.GroupNorm(2, { axis: { start: 1 }, ...affine, eps: 1e-5, dataFormat: 'channels_last' }),
  'ExponentialMovingAverage({ decay: 0.9 })': () =>
    new hk.ExponentialMovingAverage(0.9, { zeroDebias: true, warmupLength: 0 }),
  'EMAParamsTree({ decay: 0.9 })': () =>
    new hk.EMAParamsTree(0.9, { zeroDebias: true, warmupLength: 0, ignoreRegex: '' }),
  'SpectralNorm()': () => new hk.SpectralNorm({ eps: 1e-4, nSteps: 1 }),
  'SNParamsTree()': () => new hk.SNParamsTree({ eps: 1e-4, nSteps: 1, ignoreRegex: '' }),
  "AvgPool({ windowShape: 2, strides: 1, padding: 'SAME' })": () =>
    new hk.AvgPool(2, 1, 'SAME', { channelAxis: -1 }),
  "MaxPool({ windowShape: 2, strides: 1, padding: 'VALID', channelAxis: 1 })": () =>
    new hk.MaxPool(2, 1, 'VALID', { channelAxis: 1 }),
  'Flatten()': () => new hk.Flatten({ preserveDims: 1 }),
  'Reshape({ outputShape: [2, -1] })': () => new hk.Reshape([2, -1], { preserveDims: 1 }),
  'Embed({ vocabSize: 2, embedDim: 3 })': () =>
    new hk.Embed({ vocabSize: 2, embedDim: 3, lookupStyle: 'ARRAY_INDEX' }),
  'MultiHeadAttention({ numHeads: 2, keySize: 3, wInitScale: 2 })': () =>
    new hk.MultiHeadAttention(2, 3, { wInitScale: 2, withBias: true }),
  'MultiHeadAttention({ numHeads: 2, keySize: 3, wInit: <function>, valueSize: 4, modelSize: 5 })': () =>
    new hk.MultiHeadAttention(2, 3, { wInit, valueSize: 4, modelSize: 5 }),
  'Sequential({ layers: [Linear({ outputSize: 2 }), abs] })': () =>
    new hk.Sequential([new hk.Linear(2), Math.abs as never]),
  'VanillaRNN({ hiddenSize: 3 })': () => new hk.VanillaRNN(3, { doubleBias: true }),
  'LSTM({ hiddenSize: 2 })': lstm,
  'GRU({ hiddenSize: 3 })': () =>
    new hk.GRU(3, { wIInit: undefined, wHInit: undefined, bInit: undefined, resetAfter: false }),
  'Conv2DLSTM({ inputShape: [2, 2], outputChannels: 1, kernelShape: 3 })': () =>
    new hk.Conv2DLSTM({ inputShape: [2, 2], outputChannels: 1, kernelShape: 3 }),
  'IdentityCore()': () => new hk.IdentityCore(),
  'ResetCore({ core: LSTM({ hiddenSize: 2 }) })': () => new hk.ResetCore(lstm()),
  'DeepRNN({ layers: [LSTM({ hiddenSize: 2 })] })': () => new hk.DeepRNN([lstm()]),
  'MLP({ outputSizes: [2, 3] })': () =>
    new hk.nets.MLP([2, 3], { withBias: true, activation: hk.nn.relu, activateFinal: false }),
  'ResNet({ blocksPerGroup: [1, 1, 1, 1], numClasses: 2 })': () =>
    new hk.nets.ResNet({
      ...four,
      blocksPerGroup: [1, 1, 1, 1],
      numClasses: 2,
      bottleneck: true,
      channelsPerGroup: [256, 512, 1024, 2048],
      useProjection: [true, true, true, true],
    }),
  ...Object.fromEntries(
    ([18, 34, 50, 101, 152, 200] as const).map((depth) => [
      `ResNet${depth}({ numClasses: 2 })`,
      () => new hk.nets[`ResNet${depth}`](2, four),
    ]),
  ),
  'MobileNetV1()': () =>
    new hk.nets.MobileNetV1({
      strides: [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1],
      channels: [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024],
      numClasses: 1000,
      useBn: true,
    }),
  'VectorQuantizer({ embeddingDim: 2, numEmbeddings: 2, commitmentCost: 0.2 })': () =>
    new hk.nets.VectorQuantizer({ embeddingDim: 2, numEmbeddings: 2, commitmentCost: 0.2 }),
  'VectorQuantizerEMA({ embeddingDim: 2, numEmbeddings: 2, commitmentCost: 0.2, decay: 0.9 })': () =>
    new hk.nets.VectorQuantizerEMA({
      embeddingDim: 2,
      numEmbeddings: 2,
      commitmentCost: 0.2,
      decay: 0.9,
      epsilon: 1e-5,
    }),
};

describe('constructor calls as text leave out the defaults of Haiku', () => {
  for (const [text, make] of Object.entries(calls)) {
    it(text, () => {
      let shown = '';
      hk.transformWithState(() => void (shown = String(make()))).init(1);
      // Long calls are broken into a line for each argument.
      expect(shown.replace(/\n */g, ' ').replace(', })', ' })')).to.equal(text);
    });
  }
});
