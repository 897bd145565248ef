import {
  cast,
  elu,
  expandDims,
  greater,
  leakyRelu,
  minimum,
  mul,
  relu,
  reshape,
  softmax,
  tile,
  transpose,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { weightAndBias, embeddings } from '../../checkpoint/key-maps/rules.js';
import { Embed } from '../../nn/embed.js';
import { dropout } from '../../nn/dropout.js';
import { Linear } from '../../nn/linear.js';
import { nextRngKey } from '../../module/rng.js';
import { runningInit } from '../../transform/transform.js';
import { activationOf } from '../activations.js';
import type { LayerConfig } from '../layer-config.js';
import { plain, within, type LayerDefinition } from '../layer-definition.js';

const dense: LayerDefinition = {
  build: (config) => {
    const linear = new Linear(config.number('units'), {
      withBias: config.flag('use_bias', true),
      name: config.moduleName,
    });
    const activation = activationOf(config);
    return ([x]) => activation(linear.call(x));
  },
  weights: (config, { get, has }) => within(config.moduleName, weightAndBias('kernel', 'bias')(get, has)),
};

const embedding: LayerDefinition = {
  build: (config) => {
    if (config.flag('mask_zero', false)) throw config.unsupported('it hides zeros from the layers after it');
    const embed = new Embed({
      vocabSize: config.number('input_dim'),
      embedDim: config.number('output_dim'),
      name: config.moduleName,
    });
    return ([x]) => embed.call(x.dtype === 'int32' ? x : cast(x, 'int32'));
  },
  weights: (config, { get, has }) => within(config.moduleName, embeddings('embeddings')(get, has)),
};

const dropoutLayer: LayerDefinition = {
  build: (config) => {
    const rate = config.number('rate');
    if (config.has('noise_shape')) throw config.unsupported('it has a noise_shape');
    return ([x], isTraining) => (isTraining && rate > 0 ? dropout(nextRngKey(), rate, x) : x);
  },
};

/** Drops whole channels. */
const spatialDropout: LayerDefinition = {
  build: (config) => {
    const rate = config.number('rate');
    return ([x], isTraining) =>
      isTraining && rate > 0
        ? dropout(nextRngKey(), rate, x, { broadcastDims: [...x.shape.keys()].slice(1, -1) })
        : x;
  },
};

/** Noise while training, nothing else. */
const noise: LayerDefinition = {
  build:
    (config) =>
    ([x], isTraining) => {
      if (isTraining && !runningInit()) throw config.unsupported('its noise has no counterpart in training');
      return x;
    },
};

function permuted(config: LayerConfig): (x: Tensor) => Tensor {
  const axes = config.shape('dims');
  return (x) => transpose(x, [0, ...axes]);
}

/** Keras' ReLU: `min(max(x, 0), maxValue)`, with a slope below zero. */
function rectified(config: LayerConfig): (x: Tensor) => Tensor {
  config.only('threshold', 0, [0]);
  const slope = config.number('negative_slope', 0);
  const bounded = (y: Tensor): Tensor =>
    config.has('max_value') ? minimum(y, config.number('max_value')) : y;
  return (x) => bounded(slope === 0 ? relu(x) : leakyRelu(x, slope));
}

/** Layers without modules of their own, and the fully connected ones. */
export const coreLayers: Readonly<Record<string, LayerDefinition>> = {
  Dense: dense,
  Embedding: embedding,
  Dropout: dropoutLayer,
  SpatialDropout1D: spatialDropout,
  GaussianNoise: noise,
  GaussianDropout: noise,
  AlphaDropout: noise,
  Activation: plain((config) => activationOf(config)),
  Flatten: plain((config) => {
    const first = config.text('data_format', 'channels_last') === 'channels_first';
    return (x) => {
      const last = first && x.rank > 2 ? transpose(x, [0, ...[...x.shape.keys()].slice(2), 1]) : x;
      return reshape(last, [x.shape[0], -1]);
    };
  }),
  Reshape: plain((config) => {
    const shape = config.shape('target_shape');
    return (x) => reshape(x, [x.shape[0], ...shape]);
  }),
  Permute: plain(permuted),
  RepeatVector: plain((config) => {
    const times = config.number('n');
    return (x) => tile(expandDims(x, 1), [1, times, 1]);
  }),
  ReLU: plain(rectified),
  LeakyReLU: plain((config) => {
    const slope = config.number('alpha', 0.3);
    return (x) => leakyRelu(x, slope);
  }),
  ELU: plain((config) => {
    const alpha = config.number('alpha', 1);
    if (alpha !== 1) throw config.unsupported(`its alpha is ${alpha}`);
    return (x) => elu(x);
  }),
  ThresholdedReLU: plain((config) => {
    const theta = config.number('theta', 1);
    return (x) => mul(x, cast(greater(x, theta), x.dtype));
  }),
  Softmax: plain((config) => {
    const axis = config.number('axis', -1);
    return (x) => {
      const at = (axis + x.rank) % x.rank;
      if (at === x.rank - 1) return softmax(x);
      const axes = [...x.shape.keys()];
      [axes[at], axes[x.rank - 1]] = [x.rank - 1, at];
      return transpose(softmax(transpose(x, axes)), axes);
    };
  }),
};
