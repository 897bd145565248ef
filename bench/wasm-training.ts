/**
 * Training steps (forward, backward, SGD, loss read) of an MLP and a small convolutional network, eager, one thread:
 * the stock WASM backend where it can, tfjs-layers on it, `@jax-js/jax`, and our kernels under the same code.
 * `node --import tsx bench/wasm-training.ts [part of a name]`
 */
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/backend/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave, row, type Contender } from './measure.js';

const only = process.argv[2] ?? '';
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; stock: tfjs-backend-wasm 4.22.0`,
);

type Network = (x: tf.Tensor, w: readonly tf.Tensor[]) => tf.Tensor;

const dense = (x: tf.Tensor, w: tf.Tensor | undefined, b: tf.Tensor | undefined): tf.Tensor =>
  tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b as tf.Tensor);

const mlp: Network = (x, w) => dense(tf.relu(dense(tf.relu(dense(x, w[0], w[1])), w[2], w[3])), w[4], w[5]);
const mlpShapes = [[784, 300], [300], [300, 100], [100], [100, 10], [10]];

const convolutional: Network = (x, w) => {
  const images = tf.reshape<tf.Rank.R4>(x, [-1, 28, 28, 1]);
  const y = tf.relu<tf.Tensor4D>(tf.add(tf.conv2d(images, w[0] as tf.Tensor4D, 1, 'same'), w[1]));
  const pooled = tf.reshape(tf.avgPool(y, 2, 2, 'valid'), [-1, 6272]);
  return dense(tf.relu(dense(pooled, w[2], w[3])), w[4], w[5]);
};
const convolutionalShapes = [[3, 3, 1, 32], [32], [6272, 200], [200], [200, 10], [10]];

/** One step of SGD, weights replaced. */
function trainer(network: Network, shapes: readonly number[][], batch: number): () => void {
  const x = tf.randomUniform([batch, 784]);
  const labels = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, (_, i) => i % 10),
      'int32',
    ),
    10,
  );
  const target = tf.cast(labels, 'float32');
  let weights = shapes.map((shape) => tf.randomNormal(shape, 0, 0.05));
  return () => {
    const { value, grads } = tf.valueAndGrads((...w: tf.Tensor[]) =>
      tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(network(x, w))), -1))),
    )(weights);
    value.dataSync();
    const next = weights.map((w, i) => tf.tidy(() => tf.sub(w, tf.mul(grads[i], 0.01))));
    tf.dispose([weights, grads, value]);
    weights = next;
  };
}

for (const batch of [32, 128]) {
  const title = `MLP 784-300-100-10, batch ${batch}`;
  if (!title.includes(only)) continue;
  const contenders: Record<string, Contender> = {
    stock: { prepare: restoreStockKernels, run: trainer(mlp, mlpShapes, batch) },
    tanka: { prepare: registerKernels, run: trainer(mlp, mlpShapes, batch) },
  };
  console.log(row(title, await interleave(contenders, { rounds: 15, sampleMs: 20 })));
}
for (const batch of [32, 128]) {
  const title = `MNIST conv net, batch ${batch} (stock: throws)`;
  if (!title.includes(only)) continue;
  registerKernels();
  const contenders: Record<string, Contender> = {
    tanka: { run: trainer(convolutional, convolutionalShapes, batch) },
  };
  console.log(row(title, await interleave(contenders, { rounds: 9, sampleMs: 50 })));
}
