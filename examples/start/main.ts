/**
 * The documented workflow of Keras' `layer_jax_model_wrapper` on real MNIST: a Haiku module is transformed, its pair becomes a
 * layer, the model trains on WASM, and its parameters go to a file and back into the bare pair.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { abs, argMax, dispose, max, sub, tidy, train, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as hk from 'tanka';
import { loadSafetensors, saveSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { layerJaxModelWrapper, type JaxLayer } from 'tanka/wrapper';
import { loadMnist } from '../data/mnist.js';
import { draw, first, shuffled, toTensors } from './digits.js';
import { transformed } from './network.js';
import { progressBar } from './progress.js';

const SEED = 42;
const BATCH_SIZE = 128;
const REQUIRED_ACCURACY = 0.97;
const CHECKPOINT = new URL('../out/mnist.safetensors', import.meta.url);

const { simd, relaxedSimd, threads } = await useWasm();
console.log(
  `WASM backend: ${relaxedSimd ? 'relaxed SIMD' : simd ? 'SIMD' : 'no SIMD'}, ${threads} thread(s)`,
);

console.log('loading MNIST …');
const mnist = loadMnist();
const training = toTensors(shuffled(mnist.train, hk.random.key(SEED)));
const test = toTensors(mnist.test);

// First way: added to a sequential model in place. The pair is handed over as it is.
const { init, apply } = transformed;
const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [28, 28, 1] })] });
layerJaxModelWrapper(model, { callFn: apply, initFn: init, seed: SEED, name: 'haiku' });
model.compile({ optimizer: train.adam(1e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
model.summary();

const start = performance.now();
await model.fit(training.xs, training.ys, {
  epochs: 1,
  batchSize: BATCH_SIZE,
  // The order was drawn above: `fit` itself would shuffle with Math.random.
  shuffle: false,
  verbose: 0,
  callbacks: progressBar(mnist.train.count, BATCH_SIZE),
});
console.log(`trained for one epoch in ${((performance.now() - start) / 1000).toFixed(1)} s`);

const scores = model.evaluate(test.xs, test.ys, { batchSize: 500, verbose: 0 }) as [Scalar, Scalar];
const accuracy = scores[1].dataSync()[0];

const shown = first(mnist.test, 5);
const { xs: images, ys: labels } = toTensors(shown);
const expected = model.predict(images) as Tensor;
let same = true;

/** Says whether another way to run the network gives the predictions of the trained model, and frees them. */
function compare(way: string, predictions: Tensor): void {
  const difference = tidy(() => max(abs(sub(predictions, expected))).dataSync()[0]);
  same &&= difference < 1e-5;
  console.log(`${way}: predictions differ by at most ${difference.toExponential(1)}`);
  predictions.dispose();
}

// Second way: applied to a symbolic input tensor.
const input = tfl.input({ shape: [28, 28, 1] });
const output = layerJaxModelWrapper(input, { callFn: apply, initFn: init, name: 'symbolic' });
const functional = tfl.model({ inputs: input, outputs: output });
functional.setWeights(model.getWeights());
compare('applied to a symbolic tensor', functional.predict(images) as Tensor);

// Third way: a layer instance, here from given parameters.
const parameters = (model.getLayer('haiku') as JaxLayer).toParams() as hk.Params;
const layer = layerJaxModelWrapper(null, { callFn: apply, params: parameters });
compare('as a layer instance', layer.apply(images) as Tensor);

// The parameters travel under Haiku's names, and the bare pair needs no wrapper.
mkdirSync(new URL('.', CHECKPOINT), { recursive: true });
writeFileSync(CHECKPOINT, saveSafetensors(parameters));
const reloaded = loadSafetensors(readFileSync(CHECKPOINT));
console.log(`saved and reloaded ${Object.keys(reloaded).join(', ')}`);
compare('reloaded into the bare pair', hk.withoutApplyRng(transformed).apply(reloaded, images, false));

const predicted = tidy(() => argMax(expected, 1).dataSync());
const captions = Array.from(predicted, (digit, i) => `predicted ${digit}, is ${shown.labels[i]}`);
console.log(`\n${draw(shown, captions)}\n`);

dispose([...scores, expected, images, labels, training.xs, training.ys, test.xs, test.ys]);
hk.tree.dispose([parameters, reloaded]);
console.log(`test accuracy ${accuracy.toFixed(4)}`);
if (accuracy < REQUIRED_ACCURACY || !same) {
  console.error(`expected an accuracy of at least ${REQUIRED_ACCURACY} and equal predictions`);
  process.exitCode = 1;
}
