/**
 * `hk.jit` beside the best TensorFlow.js form on the stock WASM backend and onnxruntime-web, on the same weights and input; training steps
 * beside the same step on the stock backend and `@jax-js/jax`. One process, one thread, interleaved, results compared.
 * `node --import tsx bench/jit.ts [part of a name]`
 */
import * as tf from '@tensorflow/tfjs-core';
import * as hk from '../src/index.js';
import { useWasm } from '../src/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave, processMs, type Contender, type Timing } from './measure.js';
import { jaxStepper } from './nets/jax.js';
import type { Array2 } from './nets/layers.js';
import { conv, gpt, lstm, lstmClassifier, mlp, mobileNet, resNet50, type Work } from './nets/haiku.js';
import { onnxRunner } from './nets/onnx.js';
import { tfjsLayers } from './nets/tfjs.js';
import { layersRunner, layersTrainer } from './nets/tfjs-layers.js';

const only = process.argv[2] ?? '';
const { relaxedSimd } = await useWasm();
console.log(
  `node ${process.version}, ${relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; peers: tfjs-backend-wasm and tfjs-layers 4.22.0, onnxruntime-web, one thread each.\n` +
    'Milliseconds: middle of the samples, (smallest), [process time]. Then how many times faster hk.jit is than each peer,\n' +
    'by each of the three, and the goal against the better peer.',
);

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [far, scale] = [0, 1e-30];
  for (let i = 0; i < a.length; i++) {
    far = Math.max(far, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(a[i]));
  }
  return far / scale;
}

function show(
  title: string,
  timings: Record<string, Timing>,
  goal: string,
  far: number,
  first: string,
): void {
  const cells = Object.entries(timings).map(
    ([name, { median, low, cpu }]) => `${name} ${median.toFixed(3)} (${low.toFixed(3)}) [${cpu.toFixed(3)}]`,
  );
  const ours = timings.jit;
  const peers = Object.entries(timings).filter(([name]) => name !== 'jit' && name !== 'eager');
  const by = ['median', 'low', 'cpu'] as const;
  const ratios = peers.map(
    ([name, timing]) => `${name} ${by.map((of) => (timing[of] / ours[of]).toFixed(2)).join(' / ')}x`,
  );
  console.log(
    `${title.padEnd(38)} ${cells.join(' | ')}\n    ${ratios.join(', ')}; goal ${goal}; differs by ${far.toExponential(0)}; first call ${first}`,
  );
}

/** How long the first call takes beside an eager one, and what of it the process itself, which a busy machine disturbs less. */
function firstCall(run: () => void, eager: number): string {
  const [start, cpu] = [performance.now(), processMs()];
  run();
  const [took, own] = [performance.now() - start, processMs() - cpu];
  return `${took.toFixed(0)} ms [${own.toFixed(0)}] (${(3 * eager + 50).toFixed(0)} allowed)`;
}

function once(run: () => unknown): number {
  run();
  const start = performance.now();
  run();
  return performance.now() - start;
}

async function inference(make: () => Work, name: string, goal: string): Promise<void> {
  if (!name.includes(only)) return;
  const work = make();
  const { params, apply, network } = work;
  const x = tf.tensor(work.input.values, [...work.input.shape]);
  const read = (y: tf.Tensor): Float32Array => {
    const values = y.dataSync() as Float32Array;
    y.dispose();
    return values;
  };
  const jitted = hk.jit(apply, { constants: params });
  const eager = (): Float32Array => read(tf.tidy(() => apply(params, x)));
  const eagerMs = once(eager);
  const first = firstCall(() => read(jitted(params, x)), eagerMs);
  const ours = (): Float32Array => read(jitted(params, x));
  const stock = (): Float32Array => read(tf.tidy(() => network(tfjsLayers, x)));
  const onnx = await onnxRunner(network, work.input);
  const expected = ours();
  restoreStockKernels();
  const layers = layersRunner(network, work.input);
  const results = [stock(), await onnx(), ...(layers ? [layers()] : [])];
  const far = Math.max(...results.map((one) => difference(expected, one)));
  registerKernels();
  const contenders: Record<string, Contender> = {
    tfjs: { prepare: restoreStockKernels, run: () => void stock() },
    ...(layers && { layers: { prepare: restoreStockKernels, run: () => void layers() } }),
    onnx: { run: async () => void (await onnx()) },
    jit: { prepare: registerKernels, run: () => void ours() },
  };
  const heavy = eagerMs > 20;
  show(
    work.title,
    await interleave(contenders, { rounds: heavy ? 7 : 21, sampleMs: 4, warmUp: heavy ? 2 : 30 }),
    goal,
    far,
    first,
  );
  jitted.dispose();
  x.dispose();
  hk.tree.dispose(params);
}

/** One-hot labels. */
function labels(batch: number): Array2 {
  const values = new Float32Array(10 * batch);
  for (let i = 0; i < batch; i++) values[10 * i + (i % 10)] = 1;
  return { shape: [batch, 10], values };
}

/** Cross-entropy, its gradient, SGD, the loss read: the same step on each side, from the same weights. */
async function training(make: () => Work, name: string, goal: string, stockRuns: boolean): Promise<void> {
  if (!name.includes(only)) return;
  const work = make();
  const { apply, input } = work;
  const x = tf.tensor(input.values, [...input.shape]);
  // Sequences begin with their steps.
  const target = labels(input.shape.length === 3 ? input.shape[1] : input.shape[0]);
  const y = tf.tensor(target.values, [...target.shape]);
  const loss = (p: hk.Params, inputs: tf.Tensor, labelled: tf.Tensor): tf.Scalar =>
    tf.mean<tf.Scalar>(tf.neg(tf.sum(tf.mul(labelled, tf.logSoftmax(apply(p, inputs))), -1)));
  const step = (p: hk.Params, inputs: tf.Tensor, labelled: tf.Tensor): [hk.Params, tf.Tensor] => {
    const [value, gradient] = hk.valueAndGrad(loss)(p, inputs, labelled);
    return [hk.tree.map((w: tf.Tensor, g: tf.Tensor) => tf.sub(w, tf.mul(g, 0.01)), p, gradient), value];
  };
  const stepper = (f: typeof step): (() => number) => {
    let params = hk.tree.map((p: tf.Tensor) => tf.clone(p), work.params) as hk.Params;
    return () => {
      const [next, value] = tf.tidy(() => f(params, x, y) as never) as [hk.Params, tf.Tensor];
      hk.tree.dispose(params);
      params = next;
      const read = value.dataSync()[0];
      value.dispose();
      return read;
    };
  };
  const eager = stepper(step);
  const eagerMs = once(eager);
  const ours = stepper(hk.jit(step));
  const jax = jaxStepper(work, target);
  let far = 0;
  const reference = stepper(step);
  const firstLoss = tf.tidy(() => loss(work.params, x, y).dataSync()[0]);
  const first = firstCall(() => (far = Math.abs(ours() - reference())), eagerMs);
  far = Math.max(far, Math.abs(jax() - firstLoss));
  for (let i = 0; i < 3; i++) far = Math.max(far, Math.abs(ours() - reference()));
  const stock = stepper(step);
  const layers = stockRuns ? layersTrainer(work.network, input, target) : undefined;
  if (layers !== undefined) {
    restoreStockKernels();
    far = Math.max(far, Math.abs((await layers()) - firstLoss));
  }
  const contenders: Record<string, Contender> = {
    ...(stockRuns && { tfjs: { prepare: restoreStockKernels, run: () => void stock() } }),
    ...(layers && { layers: { prepare: restoreStockKernels, run: async () => void (await layers()) } }),
    'jax-js': { run: () => void jax() },
    eager: { prepare: registerKernels, run: () => void eager() },
    jit: { prepare: registerKernels, run: () => void ours() },
  };
  show(
    `training step, ${work.title}`,
    await interleave(contenders, { rounds: 11, sampleMs: 8, warmUp: 8 }),
    goal,
    far,
    first,
  );
  tf.dispose([x, y]);
  hk.tree.dispose(work.params);
}

// First: behind the networks of the other peers, jax-js cannot link its kernels any more.
await training(() => mlp(32), 'training step, MLP, batch 32', '8x tfjs, 2x jax-js', true);
await training(() => conv(32), 'training step, conv net, batch 32', '8x jax-js', false);
await training(() => lstmClassifier(32), 'training step, LSTM, batch 32', '8x tfjs, 2x jax-js', true);
await inference(() => mlp(1), 'MLP, batch 1', '1.6x');
await inference(() => mlp(32), 'MLP, batch 32', '1.4x');
await inference(() => mlp(256), 'MLP, batch 256', '1.3x');
await inference(() => conv(1), 'conv net, batch 1', '1.5x');
await inference(() => conv(32), 'conv net, batch 32', '1.3x');
await inference(mobileNet, 'MobileNetV1', '1.3x');
await inference(resNet50, 'ResNet50', '1.3x');
await inference(gpt, 'GPT blocks', '1.5x');
await inference(() => lstm(1), 'LSTM, batch 1', '1.3x');
await inference(() => lstm(32), 'LSTM, batch 32', '1.4x');
