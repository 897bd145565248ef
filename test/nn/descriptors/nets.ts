import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { tolerances } from '../../support/tolerances.js';
import type { HandCase, LayerDescriptor, Library, Refusal } from './descriptor.js';

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

/**
 * Runs a network whose relus stay above 0, because all norms add 4, and whose last layer is not zero: finite differences then
 * check its whole wiring, and only its max pool still has kinks.
 */
function smooth(hk: Library, call: () => Tensor): Tensor {
  const [raised, ones] = [hk.initializers.constant(4), hk.initializers.constant(1)];
  const normal = hk.initializers.randomNormal({ stddev: 0.3 });
  return hk.customCreator((next, shape, dtype, init, { moduleName, name }) => {
    if (name === 'offset') return next(shape, dtype, raised);
    if (name === 'scale') return next(shape, dtype, ones);
    if (moduleName.endsWith('logits')) return next(shape, dtype, normal);
    return next(shape, dtype, init);
  }, call);
}

function smoothResNet(version: 1 | 2, bottleneck: boolean): HandCase {
  return {
    id: `resnet/smooth_v${version}_${bottleneck ? 'bottleneck' : 'plain'}`,
    run: (hk, [x]) => {
      const net = new hk.nets.ResNet({
        ...small,
        channelsPerGroup: bottleneck ? [8, 8, 16, 16] : [4, 4, 8, 8],
        initialConvConfig: { outputChannels: 8 },
        resnetV2: version === 2,
        bottleneck,
        strides: [1, 1, 1, 1],
      });
      return smooth(hk, () => net.call(x as Tensor4D, true));
    },
    inputs: [{ shape: [3, 7, 7, 2] }],
    // One with which no window of the max pool has two largest values within a step.
    seed: version === 1 ? 42 : bottleneck ? 12 : 3,
  };
}

/** Whole networks. */
export const netDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'ResNet',
    batchAxis: null,
    stateFromData: /\/average$/,
    // The last group sees two cells, by whose difference its norm divides: a last digit grows to 1e-5. The compiled apply of
    // dm-haiku is 3.7e-5 off this golden, dm-haiku in float64 1.9e-5. WASM is within the tolerance of outputs. TensorFlow.js's
    // CPU backend is not: it divides each value before it sums them up for a mean, and with a mean that is summed first it is 2.5e-5 off.
    // The smooth cases have norms of values far from 0, where `E[x²] − E[x]²` has fewer digits.
    stateTolerance: (id, backend) => {
      if (id.startsWith('resnet/smooth')) return 1e-4;
      return id === 'resnet/eval' && backend === 'cpu' ? 5e-5 : tolerances.output;
    },
    // Relus and max pools have kinks closer than a step all over a whole network, but for these.
    notDifferentiable: /^resnet(?!\/smooth)/,
    cases: [
      smoothResNet(1, true),
      smoothResNet(1, false),
      smoothResNet(2, true),
      smoothResNet(2, false),
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
    // As for the ResNets.
    notDifferentiable: /^mobilenet(?!\/smooth)/,
    cases: [
      {
        id: 'mobilenet/smooth',
        run: (hk, [x]) => {
          const net = new hk.nets.MobileNetV1({ strides: [1, 2], channels: [4, 6], numClasses: 2 });
          return smooth(hk, () => net.call(x as Tensor4D, true));
        },
        inputs: [{ shape: [3, 12, 12, 2] }],
      },
    ],
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
    // `quantize` passes its gradient straight to the input, and the two terms of the loss hold one of their sides still: neither
    // gradient is the derivative of the value. These cases leave the first out, and one of the sides.
    notDifferentiable: /^vq(?!\/(distances|loss_of_embeddings))/,
    cases: [
      {
        id: 'vq/distances',
        run: (hk, [x]) => new hk.nets.VectorQuantizer(vq).call(x, true).distances,
        inputs: [{ shape: [3, 4] }],
      },
      {
        id: 'vq/loss_of_embeddings',
        run: (hk) => {
          const vectors = hk.initializers.constant([0.3, -0.2, 0.5, 0.1])([5, 4], 'float32');
          return new hk.nets.VectorQuantizer({ ...vq, commitmentCost: 0 }).call(vectors, true).loss;
        },
        inputs: [],
      },
    ],
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
    // `quantize` passes its gradient straight to the input, and is left out where the loss is checked.
    notDifferentiable: /^vq_ema(?!\/loss)/,
    cases: [
      {
        id: 'vq_ema/loss',
        run: (hk, [x]) => {
          const { loss, distances } = new hk.nets.VectorQuantizerEMA({ ...vq, decay: 0.5 }).call(x, true);
          return { loss, distances };
        },
        inputs: [{ shape: [3, 4] }],
      },
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
