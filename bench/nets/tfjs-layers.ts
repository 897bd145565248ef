import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Array2, Layers, Network } from './layers.js';

function tensorOf({ values, shape }: Array2): tf.Tensor {
  return tf.tensor(values, [...shape]);
}

function applied(layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor;
}

class NoSuchLayer extends Error {}

/** The layers of tfjs-layers; it has no attention. */
const symbolic: Layers<tfl.SymbolicTensor> = {
  conv: (x, w, b, strides, padding, activation) =>
    applied(
      tfl.layers.conv2d({
        filters: w.shape[3],
        kernelSize: [w.shape[0], w.shape[1]],
        strides,
        padding,
        activation,
        weights: [tensorOf(w), tensorOf(b)],
      }),
      x,
    ),
  depthwise: (x, w, b, strides, activation) =>
    applied(
      tfl.layers.depthwiseConv2d({
        kernelSize: 3,
        strides,
        activation,
        weights: [tensorOf(w), tensorOf(b)],
      }),
      applied(tfl.layers.zeroPadding2d({ padding: 1 }), x),
    ),
  maxPool: (x) => applied(tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x),
  averagePool: (x) => applied(tfl.layers.averagePooling2d({ poolSize: 2 }), x),
  globalMean: (x) => applied(tfl.layers.globalAveragePooling2d({}), x),
  flatten: (x) => applied(tfl.layers.flatten(), x),
  dense: (x, w, b, activation) =>
    applied(tfl.layers.dense({ units: w.shape[1], activation, weights: [tensorOf(w), tensorOf(b)] }), x),
  add: (x, y, activation) => {
    const sum = applied(tfl.layers.add(), [x, y]);
    return activation === 'linear' ? sum : applied(tfl.layers.activation({ activation }), sum);
  },
  layerNorm: () => {
    throw new NoSuchLayer();
  },
  gelu: () => {
    throw new NoSuchLayer();
  },
  attention: () => {
    throw new NoSuchLayer();
  },
  meanOfSteps: (x) => applied(tfl.layers.globalAveragePooling1d({}), x),
  lstm: (x, w, b) => {
    const hidden = w.shape[1] / 4;
    // Haiku's order is input, candidate, forget, output; that of Keras input, forget, candidate, output.
    const ordered = (t: tf.Tensor): tf.Tensor => {
      const [i, g, f, o] = tf.split(t, 4, -1);
      return tf.concat([i, f, g, o], -1);
    };
    const [inputs, state] = tf.split(tensorOf(w), [w.shape[0] - hidden, hidden], 0);
    const shift = tf.concat([tf.zeros([2 * hidden]), tf.ones([hidden]), tf.zeros([hidden])]);
    return applied(
      tfl.layers.lstm({
        units: hidden,
        returnSequences: true,
        recurrentActivation: 'sigmoid',
        unitForgetBias: false,
        // Given below; the default is an orthogonal matrix, whose kernel the stock backend has not.
        recurrentInitializer: 'zeros',
        weights: [ordered(inputs), ordered(state), ordered(tf.add(tensorOf(b), shift))],
      }),
      x,
    );
  },
};

/** Sequences begin with their steps here, and with the batch in tfjs-layers; the way back is the same. */
function stepsBehindBatch(t: tf.Tensor): tf.Tensor {
  return t.rank === 3 ? tf.transpose(t, [1, 0, 2]) : t;
}

/** A function that runs the network as a model of tfjs-layers; `undefined` where that has not its layers. */
export function layersRunner(network: Network, input: Array2): (() => Float32Array) | undefined {
  const x = tf.tidy(() => stepsBehindBatch(tensorOf(input)));
  let model: tfl.LayersModel;
  try {
    const start = tfl.input({ shape: x.shape.slice(1) });
    model = tfl.model({ inputs: start, outputs: network(symbolic, start) });
  } catch (error) {
    if (!(error instanceof NoSuchLayer)) throw error;
    x.dispose();
    return undefined;
  }
  return () => {
    const y = tf.tidy(() => stepsBehindBatch(model.predict(x, { batchSize: x.shape[0] }) as tf.Tensor));
    const values = y.dataSync() as Float32Array;
    y.dispose();
    return values;
  };
}

/** A function that takes steps of SGD on the network as a model of tfjs-layers, which gives the loss. */
export function layersTrainer(network: Network, input: Array2, labels: Array2): () => Promise<number> {
  const x = tf.tidy(() => stepsBehindBatch(tensorOf(input)));
  const y = tensorOf(labels);
  const start = tfl.input({ shape: x.shape.slice(1) });
  const model = tfl.model({ inputs: start, outputs: network(symbolic, start) });
  model.compile({
    optimizer: tf.train.sgd(0.01),
    loss: (target: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(target, logits),
  });
  return async () => (await model.trainOnBatch(x, y)) as number;
}
