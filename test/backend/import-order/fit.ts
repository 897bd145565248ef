/**
 * Run by import-order.test.ts in a process of its own: `fit.ts PACKAGE WHEN` imports a package of TensorFlow.js before
 * tanka, after it, or after `useWasm`, trains a small network by `model.fit`, and prints the losses and some gradients.
 */
import type * as core from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';

const [, , name, when] = process.argv;
const load = async () => (await import(name)) as typeof layers;

let tfl = when === 'before' ? await load() : undefined;
await import('../../../src/index.js');
if (when === 'between') tfl = await load();
const { useWasm } = await import('../../../src/wasm/index.js');
await useWasm();
tfl ??= await load();
const tf = await import('@tensorflow/tfjs-core');

const values = (n: number, seed: number) =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(seed + i * 1.7) - 0.5);
const weights = (shape: number[], seed: number) =>
  tf.tensor(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    shape,
  );

const model = tfl.sequential();
model.add(tfl.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', inputShape: [6, 7, 1] }));
// Without a relu in front, whole windows are negative.
model.add(tfl.layers.maxPooling2d({ poolSize: 2, strides: 2 }));
model.add(tfl.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }));
model.add(tfl.layers.flatten());
model.add(tfl.layers.dense({ units: 3, activation: 'softmax' }));
model.setWeights([weights([3, 3, 1, 2], 1), weights([2], 2), weights([8, 3], 3), weights([3], 4)]);
model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
const x = weights([8, 6, 7, 1], 5);
const y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3);
const { history } = await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false });

const gradient = (f: (t: core.Tensor) => core.Tensor, t: core.Tensor) =>
  Array.from(
    tf
      .grad((u: core.Tensor) => tf.sum(f(u)))(t)
      .dataSync(),
  );
const image = weights([1, 3, 3, 1], 6) as core.Tensor4D;
console.log(
  JSON.stringify({
    losses: history.loss,
    averagePool: gradient((t) => tf.avgPool(t as core.Tensor4D, 2, 2, 'same'), image),
    maxPool: gradient((t) => tf.maxPool(t as core.Tensor4D, 3, 1, 'valid'), tf.sub(image, 10)),
    where: gradient((t) => tf.where(tf.greater(t, 0), t, tf.mul(t, 2)), tf.tensor1d([-1, 1])),
    cumprod: gradient((t) => tf.cumprod(t), tf.tensor1d([2, 3])),
  }),
);
