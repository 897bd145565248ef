/** A small `torch.nn.Sequential` as a layer: its `state_dict` is read from safetensors by name, and gives PyTorch's outputs. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { loadSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { TorchModuleWrapper, type TorchModule } from 'tanka/wrapper';

/** `Sequential(Linear(5, 8), BatchNorm1d(8), ReLU(), Linear(8, 3))`. */
class Net implements TorchModule {
  readonly parameters = {
    '0.weight': variable([8, 5]),
    '0.bias': variable([8]),
    '1.weight': variable([8]),
    '1.bias': variable([8]),
    '3.weight': variable([3, 8]),
    '3.bias': variable([3]),
  };
  readonly buffers = {
    '1.running_mean': variable([8]),
    '1.running_var': variable([8]),
    '1.num_batches_tracked': variable([], 'int32'),
  };
  #training = false;

  namedParameters(): [string, tf.Variable][] {
    return Object.entries(this.parameters);
  }

  namedBuffers(): [string, tf.Variable][] {
    return Object.entries(this.buffers);
  }

  train(mode: boolean): void {
    this.#training = mode;
  }

  forward(input: tf.Tensor2D): tf.Tensor {
    const { parameters: p } = this;
    const linear = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b);
    const x = this.#normalise(linear(input, p['0.weight'], p['0.bias']));
    return linear(tf.relu(x), p['3.weight'], p['3.bias']);
  }

  /** `BatchNorm1d`, which keeps the unbiased variance. */
  #normalise(x: tf.Tensor): tf.Tensor {
    const { parameters: p, buffers: b } = this;
    let [mean, variance]: tf.Tensor[] = [b['1.running_mean'], b['1.running_var']];
    if (this.#training) {
      ({ mean, variance } = tf.moments(x, 0));
      const unbiased = tf.mul(variance, x.shape[0] / (x.shape[0] - 1));
      b['1.running_mean'].assign(tf.add(tf.mul(b['1.running_mean'], 0.9), tf.mul(mean, 0.1)));
      b['1.running_var'].assign(tf.add(tf.mul(b['1.running_var'], 0.9), tf.mul(unbiased, 0.1)));
      b['1.num_batches_tracked'].assign(tf.add(b['1.num_batches_tracked'], tf.scalar(1, 'int32')));
    }
    const scale = tf.mul(tf.rsqrt(tf.add(variance, 1e-5)), p['1.weight']);
    return tf.add(tf.mul(tf.sub(x, mean), scale), p['1.bias']);
  }
}

function variable(shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.Variable {
  return tf.variable(tf.zeros(shape, dtype));
}

await useWasm();
const file = new URL('../../test/goldens/wrapper/t_torch_linear_bn.safetensors', import.meta.url);
const recorded = loadSafetensors(readFileSync(file));
const layer = new TorchModuleWrapper({ module: new Net() });
layer.loadStateDict(recorded.before);

for (const [name, training] of [
  ['inference', false],
  ['train', true],
] as const) {
  // PyTorch's first training call is recorded as `none`.
  const expected = recorded.out[training ? 'none' : name];
  const output = layer.apply(recorded.in.x, { training });
  const difference = tf.max(tf.abs(tf.sub(output, expected))).dataSync()[0];
  console.log(`${name}: outputs differ from PyTorch's by at most ${difference.toExponential(1)}`);
  if (!(difference < 1e-5)) process.exitCode = 1;
}
