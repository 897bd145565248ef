import * as tf from '@tensorflow/tfjs-core';
import type { Array2, Layers } from './layers.js';

const tensors = new Map<Array2, tf.Tensor>();

function weight<T extends tf.Tensor>(array: Array2): T {
  let tensor = tensors.get(array);
  if (tensor === undefined) {
    tensor = tf.keep(tf.tensor(array.values, [...array.shape]));
    tensors.set(array, tensor);
  }
  return tensor as T;
}

const masks = new Map<number, tf.Tensor2D>();

function causalMask(length: number): tf.Tensor2D {
  let mask = masks.get(length);
  if (mask === undefined) {
    const values = Float32Array.from({ length: length * length }, (_, i) =>
      i % length > Math.floor(i / length) ? -1e9 : 0,
    );
    mask = tf.keep(tf.tensor2d(values, [length, length]));
    masks.set(length, mask);
  }
  return mask;
}

/**
 * The fastest form that is known of each layer on the stock WASM backend: fused kernels, gelu by the sigmoid, attention head by head on
 * matrices, since batched and transposed products are slow there.
 */
export const tfjsLayers: Layers<tf.Tensor> = {
  conv: (x, w, b, strides, pad, activation) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: weight(w),
      strides,
      pad,
      bias: weight(b),
      activation,
    }),
  depthwise: (x, w, b, strides, activation) =>
    tf.fused.depthwiseConv2d({
      x: x as tf.Tensor4D,
      filter: weight(w),
      strides,
      pad: [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ] as unknown as number,
      bias: weight(b),
      activation,
    }),
  maxPool: (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
  averagePool: (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
  globalMean: (x) => tf.mean(x, [1, 2]),
  flatten: (x) => tf.reshape(x, [x.shape[0], -1]),
  dense: (x, w, b, activation) =>
    tf.fused.matMul({ a: x as tf.Tensor2D, b: weight(w), bias: weight(b), activation }),
  add: (x, y, activation) => (activation === 'relu' ? tf.relu(tf.add(x, y)) : tf.add(x, y)),
  layerNorm: (x, scale, offset) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normal, weight(scale)), weight(offset));
  },
  gelu: (x) => {
    const inner = tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x))));
    return tf.mul(x, tf.sigmoid(tf.mul(2 * Math.sqrt(2 / Math.PI), inner)));
  },
  attention: (q, k, v, heads) => {
    const [length, width] = q.shape;
    const mask = causalMask(length);
    const scaled = tf.mul(q, 1 / Math.sqrt(width / heads));
    const [qs, vs] = [tf.split(scaled, heads, 1), tf.split(v, heads, 1)];
    const ks = tf.split(tf.transpose(k), heads, 0);
    return tf.concat(
      qs.map((one, i) => tf.matMul(tf.softmax(tf.add(tf.matMul(one, ks[i]), mask)), vs[i])),
      1,
    );
  },
  meanOfSteps: (x) => tf.mean(x, 0),
  lstm: (x, w, b) => {
    const [steps, batch] = x.shape;
    const hidden = w.shape[1] / 4;
    let h: tf.Tensor = tf.zeros([batch, hidden]);
    let c = h;
    const outputs: tf.Tensor[] = [];
    for (let t = 0; t < steps; t++) {
      [h, c] = tf.tidy(() => {
        const xh = tf.concat([tf.reshape(tf.slice(x, [t, 0, 0], [1, -1, -1]), [batch, -1]), h], 1);
        const gates = tf.fused.matMul({ a: xh as tf.Tensor2D, b: weight(w), bias: weight(b) });
        const [i, g, f, o] = tf.split(gates, 4, 1);
        const cell = tf.add(tf.mul(tf.sigmoid(tf.add(f, 1)), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), cell] as [tf.Tensor, tf.Tensor];
      });
      outputs.push(h);
    }
    return tf.stack(outputs);
  },
};
