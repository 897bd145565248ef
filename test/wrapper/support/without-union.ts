/** Run by itself: what works where nothing has loaded the union package of TensorFlow.js, and no backend is ready yet. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { useWasm } from '../../../src/wasm/index.js';
import { JaxLayer, signature } from '../../../src/wrapper/index.js';

const callFn = signature(['params', 'inputs'], (w: tf.Tensor, x: tf.Tensor) => tf.mul(x, w));

let early = '';
try {
  new JaxLayer({ callFn, params: 2 });
} catch (error) {
  early = (error as Error).message;
}

await useWasm();
const x = tf.tensor1d([1, 2, 3]);
const gradients = [tf.grad((t) => tf.sum(t))(x), tf.grad((t) => tf.prod(t))(x)].map((g) => [...g.dataSync()]);

const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [4, 3] })] });
model.add(new JaxLayer({ callFn, params: 2 }));
for (const layer of [
  tfl.layers.lstm({ units: 2, returnSequences: true }),
  tfl.layers.simpleRNN({ units: 2 }),
]) {
  model.add(layer);
}
model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
const { history } = await model.fit(tf.ones([4, 4, 3]), tf.ones([4, 2]));
console.log(JSON.stringify({ early, gradients, finite: Number.isFinite(history.loss[0]) }));
