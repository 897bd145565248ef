/** Cost of frames, names and wrapped methods: `node --import tsx bench/modules.ts`. */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as hk from '../src/index.js';

await tf.setBackend('wasm');

@hk.module('leaf')
class Leaf extends hk.Module {
  call(x: number): number {
    return x;
  }
}

/** Median seconds of one of `n` runs in each of several rounds of `f`. */
function median(rounds: number, n: number, f: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    f();
    times.push((performance.now() - start) / n / 1e3);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

const micro = (seconds: number): string => `${(seconds * 1e6).toFixed(2)} µs`;
const N = 20_000;

hk.transform(() => {
  const leaf = new Leaf();
  const call = median(21, N, () => {
    for (let i = 0; i < N; i++) leaf.call(i);
  });
  console.log(`a method call: ${micro(call)} (goal: below 1 µs)`);
}).init(null);

const construct = median(21, 2000, () => {
  hk.transform(() => {
    for (let i = 0; i < 2000; i++) new Leaf();
  }).init(null);
});
console.log(`a module construction: ${micro(construct)} (goal: below 8 µs)`);

const model = hk.withoutApplyRng(hk.transform((x: tf.Tensor) => new hk.nets.MLP([300, 100, 10]).call(x)));
const x = tf.randomNormal([32, 784]) as tf.Tensor2D;
const params = model.init(42, x);
const layers = [0, 1, 2].map((i) => params[`mlp/~/linear_${i}`]);

function byHand(): tf.Tensor {
  return tf.tidy(() =>
    layers.reduce((y: tf.Tensor, { w, b }, i) => {
      const z = tf.add(tf.matMul(y as tf.Tensor2D, w as tf.Tensor2D), b);
      return i < 2 ? tf.relu(z) : z;
    }, x),
  );
}

for (let i = 0; i < 200; i++) {
  byHand().dispose();
  model.apply(params, x).dispose();
}
const [hand, ours]: [number[], number[]] = [[], []];
for (let round = 0; round < 300; round++) {
  hand.push(median(1, 1, () => void byHand().dispose()));
  ours.push(median(1, 1, () => void model.apply(params, x).dispose()));
}
const middle = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1];
const [a, b] = [middle(hand), middle(ours)];
console.log(
  `MLP 784-300-100-10, batch 32: by hand ${micro(a)}, apply ${micro(b)}: ${((b / a - 1) * 100).toFixed(1)} %, ${micro(b - a)} more (goal: within 10 % or 40 µs)`,
);
hk.tree.dispose([x, params]);
