/**
 * Forward passes on the same weights and inputs, eager, one thread: the stock WASM backend and our kernels under the same code, and for whole
 * networks tfjs-layers (which has no attention), onnxruntime-web and `@jax-js/jax`, jitted.
 * `node --import tsx bench/wasm-inference.ts [part of a name]`
 */
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave, row, type Contender } from './measure.js';
import { conv, gpt, mlp, type Work } from './nets/haiku.js';
import { jaxRunner } from './nets/jax-inference.js';
import { onnxRunner } from './nets/onnx.js';
import { tfjsLayers } from './nets/tfjs.js';
import { layersRunner } from './nets/tfjs-layers.js';

const only = process.argv[2] ?? '';
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; stock: tfjs-backend-wasm 4.22.0`,
);

async function compare(title: string, work: () => tf.Tensor, goal?: number): Promise<void> {
  if (!title.includes(only)) return;
  restoreStockKernels();
  const expected = tf.tidy(work);
  registerKernels();
  const actual = tf.tidy(work);
  const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(expected, actual))).dataSync()[0]);
  tf.dispose([expected, actual]);
  const run = (): void => {
    tf.tidy(work).dispose();
  };
  const contenders: Record<string, Contender> = {
    stock: { prepare: restoreStockKernels, run },
    tanka: { prepare: registerKernels, run },
  };
  console.log(row(title, await interleave(contenders, { rounds: 11, sampleMs: 2, warmUp: 5 }), goal));
  console.log(`  results differ by at most ${difference.toExponential(1)}`);
}

const weight = (...shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 0.02);

/** Pre-norm transformer blocks with causal attention, as a user writes them: batched products, mask, softmax, tanh-gelu. */
function attentionStack(layers: number, width: number, length: number, heads: number): () => tf.Tensor {
  const blocks = Array.from({ length: layers }, () => ({
    qkv: weight(width, 3 * width),
    out: weight(width, width),
    up: weight(width, 4 * width),
    down: weight(4 * width, width),
  }));
  const x0 = tf.randomNormal([length, width]);
  const mask = tf.tidy(() => tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([length, length]), -1, 0)), -1e9));
  const norm = (x: tf.Tensor): tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  };
  const gelu = (x: tf.Tensor): tf.Tensor => {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  };
  const size = width / heads;
  return () =>
    blocks.reduce<tf.Tensor>((x, { qkv, out, up, down }) => {
      const split = tf.split(tf.matMul(norm(x), qkv), 3, -1);
      const [q, k, v] = split.map((part) => tf.transpose(tf.reshape(part, [length, heads, size]), [1, 0, 2]));
      const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(size)), mask);
      const mixed = tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [1, 0, 2]), [length, width]);
      const y = tf.add(x, tf.matMul(mixed, out));
      return tf.add(y, tf.matMul(gelu(tf.matMul(norm(y), up)), down));
    }, x0);
}

await compare('attention blocks L4 d256 T128, forward', attentionStack(4, 256, 128, 8), 2.5);

/** A whole network: the same TensorFlow.js code on stock and on our kernels, and the peers on the same weights. */
async function compareNetwork({ title, input, network }: Work): Promise<void> {
  if (!title.includes(only)) return;
  const x = tf.tensor(input.values, [...input.shape]);
  const run = (): Float32Array => {
    const y = tf.tidy(() => network(tfjsLayers, x));
    const values = y.dataSync() as Float32Array;
    y.dispose();
    return values;
  };
  const onnx = await onnxRunner(network, input);
  const jax = await jaxRunner(network, input);
  restoreStockKernels();
  const layers = layersRunner(network, input);
  const results = [run(), await onnx(), await jax(), ...(layers ? [layers()] : [])];
  registerKernels();
  const expected = run();
  const far = Math.max(
    ...results.map((values) => values.reduce((a, v, i) => Math.max(a, Math.abs(v - expected[i])), 0)),
  );
  const contenders: Record<string, Contender> = {
    stock: { prepare: restoreStockKernels, run: () => void run() },
    ...(layers && { layers: { prepare: restoreStockKernels, run: () => void layers() } }),
    onnx: { run: async () => void (await onnx()) },
    'jax-js': { run: async () => void (await jax()) },
    tanka: { prepare: registerKernels, run: () => void run() },
  };
  console.log(row(`${title}, forward`, await interleave(contenders, { rounds: 11, sampleMs: 2, warmUp: 5 })));
  console.log(`  results differ by at most ${far.toExponential(1)}`);
  x.dispose();
}

for (const work of [() => mlp(1), () => mlp(32), () => mlp(256), () => conv(1), () => conv(32), gpt])
  await compareNetwork(work());

function depthwise(size: number, channels: number, stride: number): () => tf.Tensor {
  const x = tf.randomUniform<tf.Rank.R4>([1, size, size, channels]);
  const filter = weight(3, 3, channels, 1) as tf.Tensor4D;
  const bias = weight(channels);
  return () =>
    tf.fused.depthwiseConv2d({ x, filter, strides: stride, pad: 'same', bias, activation: 'relu6' });
}

for (const [size, channels, stride] of [
  [112, 32, 1],
  [112, 64, 2],
  [56, 128, 1],
  [14, 512, 1],
] as const) {
  await compare(`depthwise 3x3/${stride} ${size}² ${channels}`, depthwise(size, channels, stride));
}
