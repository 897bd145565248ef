/**
 * Cost of frames, names and wrapped methods: `npm run build && node --import tsx bench/modules.ts`.
 *
 * On the built package, as its user has it: tsx adds a call to every closure that is made.
 */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { useWasm } from 'tanka/wasm';
import { interleave, row } from './measure.js';

await useWasm();

@hk.module('leaf')
class Leaf extends hk.Module {
  call(x: number): number {
    return x;
  }
}

class Plain {
  call(x: number): number {
    return x;
  }
}

const N = 1000;
const micro = (ms: number): string => `${((ms / N) * 1e3).toFixed(3)} µs`;

const made = await interleave({
  plain: {
    run: () => {
      for (let i = 0; i < N; i++) new Plain();
    },
  },
  modules: {
    run: () => {
      hk.transform(() => {
        for (let i = 0; i < N; i++) new Leaf();
      }).init(null);
    },
  },
});
console.log(`a module construction, name and frame included: ${micro(made.modules.cpu)} (goal: below 8 µs)`);

let leaf: Leaf | undefined;
const called = hk.transform(() => {
  leaf ??= new Leaf();
  for (let i = 0; i < N; i++) leaf.call(i);
});
called.init(null);
const calls = await interleave({
  calls: {
    run: () => {
      called.init(null);
    },
  },
});
console.log(`a method call: ${micro(calls.calls.cpu)} (goal: below 1 µs)`);

const forward = (x: tf.Tensor): tf.Tensor => new hk.nets.MLP([300, 100, 10]).call(x);
const model = hk.withoutApplyRng(hk.transform(forward));
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

const mlp = await interleave(
  { apply: { run: () => model.apply(params, x).dispose() }, hand: { run: () => byHand().dispose() } },
  { rounds: 101, warmUp: 300 },
);
console.log(row('apply of the MLP 784-300-100-10, batch 32', mlp));
const more = (mlp.apply.cpu - mlp.hand.cpu) * 1e3;
const leastMore = (mlp.apply.low - mlp.hand.low) * 1e3;
console.log(
  `  more than by hand: ${more.toFixed(0)} µs (least disturbed ${leastMore.toFixed(0)} µs; goal: within 10 % or 40 µs)`,
);
hk.tree.dispose([x, params]);

const net = hk.transformWithState((input: tf.Tensor4D) => new hk.nets.ResNet50(1000).call(input, true));
const spec = { shape: [1, 224, 224, 3], dtype: 'float32' as const };
const shapes = await interleave(
  { evalShape: { run: () => void hk.evalShape(net.init, null, spec) } },
  { rounds: 5, warmUp: 0 },
);
console.log(
  `evalShape of init of a ResNet50: ${shapes.evalShape.median.toFixed(0)} ms (goal: below a second)`,
);
