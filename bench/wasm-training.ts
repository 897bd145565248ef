/**
 * Training steps (forward, backward, SGD, loss read) of an MLP and a small convolutional network, eager, one thread:
 * the stock WASM backend where it can, tfjs-layers on it, `@jax-js/jax` (compiled, on WASM), and our kernels under the same code as
 * stock. The same weights and inputs, the first losses compared. `node --import tsx bench/wasm-training.ts [part of a name]`
 */
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave, judge, row, type Contender } from './measure.js';

// Node 20 has no navigator, which the peer reads.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { hardwareConcurrency: 1 } });
const jax = await import('@jax-js/jax');
const tfl = await import('@tensorflow/tfjs-layers');
await jax.init();
jax.defaultDevice('wasm');
const { numpy: np } = jax;
type JaxArray = ReturnType<typeof np.array>;

const only = process.argv[2] ?? '';
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; peers: tfjs-backend-wasm 4.22.0, tfjs-layers, @jax-js/jax. ` +
    'Ratios: median, minimum, process time',
);

const rate = 0.01;

/** A network as each library says it. */
interface Network {
  readonly shapes: readonly number[][];
  readonly tensors: (x: tf.Tensor, w: readonly tf.Tensor[]) => tf.Tensor;
  readonly layers: () => InstanceType<typeof tfl.layers.Layer>[];
  readonly arrays: (x: JaxArray, w: readonly JaxArray[], batch: number) => JaxArray;
  /** The kernels of the peer keep channels first. */
  readonly jaxKernel?: (first: JaxArray) => JaxArray;
}

const dense = (x: tf.Tensor, w: tf.Tensor | undefined, b: tf.Tensor | undefined): tf.Tensor =>
  tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b as tf.Tensor);

const mlp: Network = {
  shapes: [[784, 300], [300], [300, 100], [100], [100, 10], [10]],
  tensors: (x, w) => dense(tf.relu(dense(tf.relu(dense(x, w[0], w[1])), w[2], w[3])), w[4], w[5]),
  layers: () => [
    tfl.layers.dense({ units: 300, activation: 'relu', inputShape: [784] }),
    tfl.layers.dense({ units: 100, activation: 'relu' }),
    tfl.layers.dense({ units: 10 }),
  ],
  arrays: (x, w) => {
    const one = jax.nn.relu(np.matmul(x, w[0]).add(w[1]));
    const two = jax.nn.relu(np.matmul(one, w[2]).add(w[3]));
    return np.matmul(two, w[4]).add(w[5]);
  },
};

const convolutional: Network = {
  shapes: [[3, 3, 1, 32], [32], [6272, 200], [200], [200, 10], [10]],
  tensors: (x, w) => {
    const images = tf.reshape<tf.Rank.R4>(x, [-1, 28, 28, 1]);
    const y = tf.relu<tf.Tensor4D>(tf.add(tf.conv2d(images, w[0] as tf.Tensor4D, 1, 'same'), w[1]));
    const pooled = tf.reshape(tf.avgPool(y, 2, 2, 'valid'), [-1, 6272]);
    return dense(tf.relu(dense(pooled, w[2], w[3])), w[4], w[5]);
  },
  layers: () => [
    tfl.layers.reshape({ targetShape: [28, 28, 1], inputShape: [784] }),
    tfl.layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
    tfl.layers.averagePooling2d({ poolSize: 2 }),
    tfl.layers.flatten(),
    tfl.layers.dense({ units: 200, activation: 'relu' }),
    tfl.layers.dense({ units: 10 }),
  ],
  arrays: (x, w, batch) => {
    const images = x.reshape([batch, 1, 28, 28]);
    const y = jax.nn.relu(jax.lax.conv(images, w[0], [1, 1], 'SAME').add(w[1].reshape([1, 32, 1, 1])));
    const pooled = np.mean(y.reshape([batch, 32, 14, 2, 14, 2]), [3, 5]);
    // Flattened with the channels last, as in the others.
    const flat = np.transpose(pooled, [0, 2, 3, 1]).reshape([batch, 6272]);
    return np.matmul(jax.nn.relu(np.matmul(flat, w[2]).add(w[3])), w[4]).add(w[5]);
  },
  jaxKernel: (first) => np.transpose(first, [3, 2, 0, 1]),
};

interface Data {
  readonly x: Float32Array;
  readonly weights: Float32Array[];
  readonly batch: number;
}

function draw({ shapes }: Network, batch: number): Data {
  const values = (shape: number[], scale: number, seed: number): Float32Array =>
    tf.tidy(() => tf.randomNormal(shape, 0, scale, 'float32', seed).dataSync() as Float32Array);
  return {
    batch,
    x: tf.tidy(() => tf.randomUniform([batch, 784], 0, 1, 'float32', 9).dataSync() as Float32Array),
    weights: shapes.map((shape, i) => values(shape, 0.05, i + 1)),
  };
}

function labels(batch: number): Float32Array {
  return Float32Array.from({ length: batch * 10 }, (_, i) => Number(i % 10 === Math.floor(i / 10) % 10));
}

/** One step of SGD, weights replaced; gives the loss. */
function tensorTrainer({ shapes, tensors }: Network, data: Data): () => number {
  const x = tf.tensor2d(data.x, [data.batch, 784]);
  const target = tf.tensor2d(labels(data.batch), [data.batch, 10]);
  let weights = data.weights.map((values, i) => tf.tensor(values, shapes[i]));
  return () => {
    const { value, grads } = tf.valueAndGrads((...w: tf.Tensor[]) =>
      tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(tensors(x, w))), -1))),
    )(weights);
    const [loss] = value.dataSync();
    const next = weights.map((w, i) => tf.tidy(() => tf.sub(w, tf.mul(grads[i], rate))));
    tf.dispose([weights, grads, value]);
    weights = next;
    return loss;
  };
}

function layersTrainer(network: Network, data: Data): () => Promise<number> {
  const model = tfl.sequential({ layers: network.layers() });
  model.setWeights(data.weights.map((values, i) => tf.tensor(values, network.shapes[i])));
  model.compile({
    optimizer: tf.train.sgd(rate),
    loss: (target, logits) => tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1)),
  });
  const x = tf.tensor2d(data.x, [data.batch, 784]);
  const target = tf.tensor2d(labels(data.batch), [data.batch, 10]);
  return async () => (await model.trainOnBatch(x, target)) as number;
}

function jaxTrainer({ shapes, arrays, jaxKernel }: Network, data: Data): () => number {
  const array = (values: Float32Array, shape: readonly number[]): JaxArray =>
    np.array(values).reshape([...shape]);
  const x = array(data.x, [data.batch, 784]);
  const target = array(labels(data.batch), [data.batch, 10]);
  let weights = data.weights.map((values, i) => array(values, shapes[i]));
  if (jaxKernel !== undefined) weights[0] = jaxKernel(weights[0]);
  const loss = (w: JaxArray[], input: JaxArray, wanted: JaxArray): JaxArray =>
    np.mean(np.sum(wanted.mul(jax.nn.logSoftmax(arrays(input, w, data.batch), -1)), -1)).mul(-1);
  const step = jax.jit((w: JaxArray[], input: JaxArray, wanted: JaxArray): [JaxArray[], JaxArray] => {
    const [value, grads] = jax.valueAndGrad(loss)(
      w.map((leaf) => leaf.ref),
      input,
      wanted,
    );
    return [w.map((leaf, i) => leaf.sub(grads[i].mul(rate))), value];
  });
  return () => {
    const [next, value] = step(weights, x.ref, target.ref);
    weights = next;
    return Number(value.js());
  };
}

async function losses(step: () => number | Promise<number>): Promise<number[]> {
  return [await step(), await step(), await step(), await step()];
}

/** Times the trainers, after comparing what each of them learned in four steps. */
async function compare(
  title: string,
  trainers: Record<string, () => number | Promise<number>>,
  stock: readonly string[],
  goal?: number,
): Promise<void> {
  const prepare = (name: string) => (stock.includes(name) ? restoreStockKernels : registerKernels);
  const learned: number[][] = [];
  for (const [name, step] of Object.entries(trainers)) {
    prepare(name)();
    learned.push(await losses(step));
  }
  const contenders = Object.fromEntries(
    Object.entries(trainers).map(([name, step]): [string, Contender] => [
      name,
      { prepare: prepare(name), run: async () => void (await step()) },
    ]),
  );
  console.log(row(title, await interleave(contenders, { rounds: 11, sampleMs: 20, warmUp: 6 }), goal));
  const spread = Math.max(
    ...learned[0].map(
      (_, i) => Math.max(...learned.map((l) => l[i])) - Math.min(...learned.map((l) => l[i])),
    ),
  );
  console.log(`  losses of four steps differ by at most ${spread.toExponential(1)}`);
}

for (const [batch, goal] of [
  [32, 3.5],
  [128, 5],
]) {
  const title = `MLP 784-300-100-10, batch ${batch}`;
  if (!title.includes(only)) continue;
  const data = draw(mlp, batch);
  const trainers = {
    stock: tensorTrainer(mlp, data),
    layers: layersTrainer(mlp, data),
    'jax-js': jaxTrainer(mlp, data),
    tanka: tensorTrainer(mlp, data),
  };
  await compare(title, trainers, ['stock', 'layers'], goal);
}

const title = 'MNIST conv net, batch 32';
if (title.includes(only)) {
  const data = draw(convolutional, 32);
  // The stock backend throws; tfjs-layers trains it with our kernels.
  const trainers = {
    'layers, ours': layersTrainer(convolutional, data),
    'jax-js': jaxTrainer(convolutional, data),
    tanka: tensorTrainer(convolutional, data),
  };
  await compare(title, trainers, []);
  const small = draw(mlp, 32);
  const steps = { tanka: tensorTrainer(convolutional, data), 'stock MLP': tensorTrainer(mlp, small) };
  const { tanka, 'stock MLP': stock } = await interleave(
    {
      tanka: { prepare: registerKernels, run: () => void steps.tanka() },
      'stock MLP': { prepare: restoreStockKernels, run: () => void steps['stock MLP']() },
    },
    { rounds: 11, sampleMs: 30 },
  );
  const limit = 25 / 10.4;
  const scale = (10.4 * tanka.cpu) / stock.cpu;
  console.log(
    `  ${(tanka.median / stock.median).toFixed(2)} (process time ${(tanka.cpu / stock.cpu).toFixed(2)}) times the stock MLP step of batch 32, ` +
      `goal at most ${limit.toFixed(2)}: ${judge(stock, tanka, 1 / limit)}; ${scale.toFixed(1)} ms where that step takes 10.4`,
  );
}
