import type { Tensor4D } from '@tensorflow/tfjs-core';
import { tolerances } from '../../support/tolerances.js';
import type { LayerDescriptor, Refusal } from './descriptor.js';

type Depth = 18 | 34 | 50 | 101 | 152 | 200;

function sizedRefusals(depth: Depth): Refusal[] {
  return [
    {
      what: 'three strides',
      run: (hk, [x]) => new hk.nets[`ResNet${depth}`](10, { strides: [1, 2, 2] }).call(x as Tensor4D, true),
      inputs: [{ shape: [1, 32, 32, 3] }],
      code: 'layer-options',
      says: ['strides of length 3'],
    },
  ];
}

const small = { blocksPerGroup: [1, 1, 1, 1], numClasses: 2, channelsPerGroup: [4, 4, 8, 8] } as const;
const vq = { embeddingDim: 4, numEmbeddings: 6, commitmentCost: 0.25 } as const;

/** Whole networks. */
export const netDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'ResNet',
    batchAxis: null,
    stateFromData: /\/average$/,
    // The last group sees two cells, by whose difference its norm divides: a last digit grows to 1e-5. The compiled apply of
    // dm-haiku is 3.7e-5 off this golden, dm-haiku in float64 1.9e-5. WASM is within the tolerance of outputs; TensorFlow.js's
    // CPU backend divides each value before it sums them up for a mean, and rounds once more than both.
    stateTolerance: (id, backend) => (id === 'resnet/eval' && backend === 'cpu' ? 5e-5 : tolerances.output),
    // Relus and max pools have kinks closer than a step all over a whole network.
    notDifferentiable: /^resnet/,
    cases: [
      {
        id: 'resnet/local_stats',
        run: (hk, [x]) =>
          new hk.nets.ResNet({ ...small, bottleneck: false }).call(x as Tensor4D, false, {
            testLocalStats: true,
          }),
        inputs: [{ shape: [2, 16, 16, 3] }],
      },
    ],
    refusals: [
      {
        what: 'one group of blocks',
        run: (hk, [x]) => new hk.nets.ResNet({ ...small, blocksPerGroup: [2] }).call(x as Tensor4D, true),
        inputs: [{ shape: [1, 32, 32, 3] }],
        code: 'layer-options',
        says: ['blocksPerGroup of length 1'],
      },
      {
        what: 'two numbers of channels',
        run: (hk, [x]) =>
          new hk.nets.ResNet({ ...small, channelsPerGroup: [4, 8] }).call(x as Tensor4D, true),
        inputs: [{ shape: [1, 32, 32, 3] }],
        code: 'layer-options',
        says: ['channelsPerGroup of length 2'],
      },
      {
        what: 'vectors',
        run: (hk, [x]) => new hk.nets.ResNet(small).call(x as Tensor4D, true),
        inputs: [{ shape: [2, 3] }],
        code: 'input-rank',
      },
    ],
  },
  ...([18, 34, 50, 101, 152, 200] as const).map((depth): LayerDescriptor => ({
    layer: `ResNet${depth}`,
    refusals: sizedRefusals(depth),
  })),
  {
    layer: 'MobileNetV1',
    batchAxis: (id) => (id === 'mobilenet/no_bn' ? 0 : null),
    stateFromData: /\/average$/,
    notDifferentiable: /^mobilenet/,
    refusals: [
      {
        what: 'more strides than channels',
        run: (hk, [x]) =>
          new hk.nets.MobileNetV1({ strides: [1, 2], channels: [8] }).call(x as Tensor4D, true),
        inputs: [{ shape: [1, 32, 32, 3] }],
        code: 'layer-options',
        says: ['2 strides'],
      },
      {
        what: 'vectors',
        run: (hk, [x]) => new hk.nets.MobileNetV1().call(x as Tensor4D, true),
        inputs: [{ shape: [2, 3] }],
        code: 'input-rank',
      },
    ],
  },
  {
    layer: 'VectorQuantizer',
    batchAxis: null,
    notDifferentiable: /^vq/,
    refusals: [
      {
        what: 'vectors of another size than its embeddings',
        run: (hk, [x]) => new hk.nets.VectorQuantizer(vq).call(x, true),
        inputs: [{ shape: [2, 5] }],
        code: 'input-shape',
        says: ['[..., 4]'],
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.nets.VectorQuantizer(vq).call(x, true),
        inputs: [{ shape: [2, 4], kind: 'int' }],
        code: 'input-dtype',
      },
    ],
  },
  {
    layer: 'VectorQuantizerEMA',
    batchAxis: null,
    stateFromData: /\/average$|ema\/embeddings$/,
    notDifferentiable: /^vq/,
    cases: [
      {
        id: 'vq_ema/eval',
        run: (hk, [x]) => new hk.nets.VectorQuantizerEMA({ ...vq, decay: 0.5 }).call(x, false),
        inputs: [{ shape: [2, 3, 4] }],
      },
    ],
    refusals: [
      {
        what: 'a decay above 1',
        run: (hk, [x]) => new hk.nets.VectorQuantizerEMA({ ...vq, decay: 1.5 }).call(x, true),
        inputs: [{ shape: [2, 4] }],
        code: 'layer-options',
        says: ['1.5'],
      },
      {
        what: 'a scalar',
        run: (hk, [x]) => new hk.nets.VectorQuantizerEMA({ ...vq, decay: 0.5 }).call(x, true),
        inputs: [{ shape: [] }],
        code: 'input-rank',
      },
    ],
  },
];
