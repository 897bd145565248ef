/** A small Flax module as a layer: its variables are read from safetensors and npz by name, and give Flax' outputs. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadNpz, loadSafetensors, saveNpz, type Checkpoint } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { FlaxLayer, type FlaxModule, type Variables } from 'tanka/wrapper';

interface NetVariables {
  readonly params: Readonly<Record<string, Readonly<Record<string, tf.Tensor>>>>;
  readonly batch_stats: Readonly<Record<string, { readonly mean: tf.Tensor; readonly var: tf.Tensor }>>;
}

/** `Dense(8)`, `BatchNorm(momentum=0.9)`, `relu`, `Dropout(0.4)`, `Dense(3)`. */
const net: FlaxModule = {
  init(_rngs, inputs) {
    const features = (inputs as tf.Tensor).shape[1] as number;
    return {
      params: {
        Dense_0: { kernel: tf.randomNormal([features, 8]), bias: tf.zeros([8]) },
        BatchNorm_0: { scale: tf.ones([8]), bias: tf.zeros([8]) },
        Dense_1: { kernel: tf.randomNormal([8, 3]), bias: tf.zeros([3]) },
      },
      batch_stats: { BatchNorm_0: { mean: tf.zeros([8]), var: tf.ones([8]) } },
    };
  },

  apply(variables, inputs, { rngs, training }) {
    const { params, batch_stats } = variables as unknown as NetVariables;
    const dense = (x: tf.Tensor, name: string): tf.Tensor =>
      tf.add(tf.matMul(x as tf.Tensor2D, params[name].kernel as tf.Tensor2D), params[name].bias);
    let x = dense(inputs as tf.Tensor, 'Dense_0');
    const running = batch_stats.BatchNorm_0;
    const batch = tf.moments(x, 0);
    const [mean, variance] = training ? [batch.mean, batch.variance] : [running.mean, running.var];
    const scale = tf.mul(tf.rsqrt(tf.add(variance, 1e-5)), params.BatchNorm_0.scale);
    x = tf.relu(tf.add(tf.mul(tf.sub(x, mean), scale), params.BatchNorm_0.bias));
    if (training) x = hk.dropout(rngs.dropout, 0.4, x);
    const moved = (old: tf.Tensor, now: tf.Tensor): tf.Tensor =>
      training ? tf.add(tf.mul(old, 0.9), tf.mul(now, 0.1)) : old;
    const stats = { mean: moved(running.mean, mean), var: moved(running.var, variance) };
    return [dense(x, 'Dense_1'), { batch_stats: { BatchNorm_0: stats } }];
  },
};

/** Nests the arrays of a file below a prefix at each `/` of their names, as Flax nests its variables. */
function nested(checkpoint: Checkpoint, prefix: string): Variables {
  const root: Record<string, unknown> = {};
  for (const [module, arrays] of Object.entries(checkpoint)) {
    const [first, ...path] = module.split('/');
    if (first !== prefix) continue;
    let node = root;
    for (const key of path) node = (node[key] ??= {}) as Record<string, unknown>;
    Object.assign(node, arrays);
  }
  return root;
}

await useWasm();
const file = new URL('../../test/goldens/wrapper/d_flax_dense_bn_dropout.safetensors', import.meta.url);
const recorded = loadSafetensors(readFileSync(file));
const variables = { ...nested(recorded, 'params'), ...nested(recorded, 'state_before') };
const layer = new FlaxLayer({ module: net, variables, seed: 5 });

const output = layer.apply(recorded.in.x);
const difference = tf.max(tf.abs(tf.sub(output, recorded.out.inference))).dataSync()[0];
console.log(`inference: outputs differ from Flax' by at most ${difference.toExponential(1)}`);
if (!(difference < 1e-5)) process.exitCode = 1;

// The same nested variables from NumPy's format.
const npz = loadNpz(saveNpz(variables));
const again = new FlaxLayer({
  module: net,
  variables: { params: nested(npz, 'params'), batch_stats: nested(npz, 'batch_stats') },
});
const same = tf.max(tf.abs(tf.sub(again.apply(recorded.in.x), output))).dataSync()[0];
console.log(`npz: outputs differ from safetensors' by at most ${same.toExponential(1)}`);
if (same !== 0) process.exitCode = 1;

// Flax derives its dropout key from module names, so that training is compared by its statistics.
layer.apply(recorded.in.x, { training: true });
const { mean } = (layer.state as NetVariables).batch_stats.BatchNorm_0;
const expected = recorded['state_after/batch_stats/BatchNorm_0'].mean;
const moved = tf.max(tf.abs(tf.sub(mean, expected))).dataSync()[0];
console.log(`training: running means differ from Flax' by at most ${moved.toExponential(1)}`);
if (!(moved < 1e-5)) process.exitCode = 1;
