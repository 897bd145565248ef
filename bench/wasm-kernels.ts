/**
 * Kernels of the stock WASM backend (XNNPACK where it has it) against ours, single operations:
 * `node --import tsx bench/wasm-kernels.ts [part of a name]`. One process, one thread, interleaved.
 */
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import { gelu } from '../src/backend/ops/gelu.js';
import { layerNorm } from '../src/backend/ops/layer-norm.js';
import { useWasm } from '../src/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave, row, type Timing } from './measure.js';

const only = process.argv[2] ?? '';
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; stock: tfjs-backend-wasm 4.22.0`,
);

const noGoal = 0;

/** Prints the line of an operation; the goal is how many times faster than stock it should be, 1 unless said. */
async function compare(
  title: string,
  stock: () => tf.Tensor | tf.Tensor[],
  tanka = stock,
  goal = 1,
): Promise<Record<'stock' | 'tanka', Timing> | undefined> {
  if (!title.includes(only)) return undefined;
  const contenders = {
    stock: {
      prepare: restoreStockKernels,
      run: () => {
        tf.dispose(stock());
      },
    },
    tanka: {
      prepare: registerKernels,
      run: () => {
        tf.dispose(tanka());
      },
    },
  };
  const timings = await interleave(contenders, { warmUp: 15, rounds: 15, sampleMs: 2 });
  console.log(row(title, timings, goal === noGoal ? undefined : goal));
  return timings;
}

const random = (shape: number[]): tf.Tensor => tf.randomUniform(shape, -1, 1);

/** Times of the convolutions of ResNet50, to be summed. */
const summed: Record<'stock' | 'tanka', Timing>[] = [];

async function convolution(
  size: number,
  from: number,
  to: number,
  kernel: number,
  stride = 1,
  batch = 1,
): Promise<void> {
  const x = random([batch, size, size, from]) as tf.Tensor4D;
  const filter = random([kernel, kernel, from, to]) as tf.Tensor4D;
  const bias = random([to]) as tf.Tensor1D;
  const timings = await compare(`conv ${kernel}x${kernel}/${stride} ${batch}x${size}² ${from}→${to}`, () =>
    tf.fused.conv2d({ x, filter, strides: stride, pad: 'same', bias, activation: 'relu' }),
  );
  if (timings !== undefined && batch === 1 && from >= 64) summed.push(timings);
  tf.dispose([x, filter, bias]);
}

await convolution(28, 1, 32, 3, 1, 32);
await convolution(224, 3, 32, 3, 2);
await convolution(224, 3, 64, 7, 2);
await convolution(56, 64, 64, 1);
await convolution(56, 64, 64, 3);
await convolution(56, 64, 256, 1);
await convolution(56, 256, 64, 1);
await convolution(56, 128, 128, 3, 2);
await convolution(28, 512, 128, 1);
await convolution(28, 128, 128, 3);
await convolution(14, 256, 256, 3);
await convolution(14, 256, 1024, 1);
await convolution(14, 1024, 256, 1);
await convolution(7, 512, 512, 3);
await convolution(7, 512, 2048, 1);
await convolution(7, 2048, 512, 1);

if (summed.length > 0) {
  const total = (name: 'stock' | 'tanka', key: keyof Timing): number =>
    summed.reduce((sum, timings) => sum + timings[name][key], 0);
  const timing = (name: 'stock' | 'tanka'): Timing => ({
    median: total(name, 'median'),
    low: total(name, 'low'),
    cpu: total(name, 'cpu'),
  });
  console.log(
    row(
      'all convolutions of ResNet50 above, summed',
      { stock: timing('stock'), tanka: timing('tanka') },
      1.25,
    ),
  );
}

for (const [m, k, n, transposeA, transposeB, batch] of [
  [1, 784, 300, false, false, 1],
  [32, 784, 300, false, false, 1],
  [128, 256, 1024, false, false, 1],
  [512, 512, 512, false, false, 1],
  [784, 32, 300, true, false, 1],
  [32, 300, 784, false, true, 1],
  [256, 128, 1024, true, false, 1],
  [128, 32, 128, false, true, 8],
] as const) {
  const a = random(transposeA ? [batch, k, m] : [batch, m, k]);
  const b = random(transposeB ? [batch, n, k] : [batch, k, n]);
  const product = (): tf.Tensor => tf.matMul(a, b, transposeA, transposeB);
  const title = `matMul ${batch}x ${m}·${k}·${n}${transposeA ? ' Aᵀ' : ''}${transposeB ? ' Bᵀ' : ''}`;
  await compare(title, product, product, transposeA || transposeB ? 5 : 1);
  tf.dispose([a, b]);
}

const x = random([128, 1024]);
const [scale, offset] = [random([1024]), random([1024])];
const rows = tf.tensor1d(
  Array.from({ length: 128 }, (_, i) => (i * 37) % 128),
  'int32',
);
const logits = random([8, 128, 128]);

/** As users compose it; ours is one kernel. */
function composedLayerNorm(): tf.Tensor {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), offset);
  });
}

function composedGelu(): tf.Tensor {
  return tf.tidy(() => {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  });
}

await compare(
  'layer norm 128x1024, composed | layerNorm',
  composedLayerNorm,
  () => layerNorm(x, scale, offset, 1e-5),
  5,
);
await compare('layer norm 128x1024, composed under both', composedLayerNorm);
await compare('gelu 128x1024, composed | gelu', composedGelu, () => gelu(x, true), 5);
await compare('gelu 128x1024, composed under both', composedGelu);
for (const [title, work, goal] of [
  ['tanh', () => tf.tanh(x), 5],
  ['gather of 128 rows', () => tf.gather(x, rows), 5],
  ['exp', () => tf.exp(x), 5],
  ['erf', () => tf.erf(x), 5],
  ['sigmoid', () => tf.sigmoid(x), 1],
  ['softmax', () => tf.softmax(x), 1],
  ['softmax of 8x128x128', () => tf.softmax(logits), 1],
  ['logSoftmax', () => tf.logSoftmax(x), 1],
  ['add', () => tf.add(x, x), 1],
  ['maximum', () => tf.maximum(x, 0.5), 1],
  ['sum of the first axis', () => tf.sum(x, 0), 1],
  ['sum of all', () => tf.sum(x), 1],
  ['transpose', () => tf.transpose(x), 1],
  ['split in 4', () => tf.split(x, 4, -1), 1],
  ['tile by 2', () => tf.tile(x, [1, 2]), 1],
  ['clone', () => tf.clone(x), 1],
] as const) {
  await compare(`${title} 128x1024`, work, work, goal);
}
