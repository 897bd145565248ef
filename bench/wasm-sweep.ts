/**
 * Every kernel family over sizes from a few entries to a million, stock WASM backend against ours, as TensorFlow.js code calls it: one line a
 * size, marked where ours is slower. `node --import tsx bench/wasm-sweep.ts [part of a name]`
 */
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave } from './measure.js';

const only = process.argv[2] ?? '';
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; stock: tfjs-backend-wasm 4.22.0`,
);

type Shape = readonly number[];
const ratios: number[] = [];

async function compare(title: string, run: () => tf.Tensor | tf.Tensor[]): Promise<void> {
  if (!title.includes(only)) return;
  const once = (): void => {
    tf.dispose(run());
  };
  const { stock, tanka } = await interleave(
    { stock: { prepare: restoreStockKernels, run: once }, tanka: { prepare: registerKernels, run: once } },
    { rounds: 15, sampleMs: 1, warmUp: 10, warmUpMs: 25 },
  );
  const ratio = Math.max(stock.low / tanka.low, stock.median / tanka.median);
  ratios.push(ratio);
  const us = (ms: number): string => (1000 * ms).toFixed(1).padStart(9);
  const slower = ratio < 1 ? '  < SLOWER' : '';
  console.log(
    `${title.padEnd(44)}${us(stock.low)}${us(tanka.low)} us ${ratio.toFixed(2).padStart(6)}x${slower}`,
  );
}

const noise = (shape: Shape): tf.Tensor => tf.randomUniform([...shape], -1, 1);
const positive = (shape: Shape): tf.Tensor => tf.randomUniform([...shape], 0.5, 2);

/** Calls `work` with tensors of the shapes, which are in the title. */
async function sweep(
  title: string,
  shapes: readonly (readonly Shape[])[],
  work: (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  make = noise,
): Promise<void> {
  for (const operands of shapes) {
    const tensors = operands.map(make);
    await compare(`${title} ${operands.map((shape) => shape.join('x')).join(', ')}`, () => work(...tensors));
    tf.dispose(tensors);
  }
}

const one: Shape[][] = [[[10]], [[1000]], [[100_000]], [[1_000_000]]];
const pairs: Shape[][] = [
  ...one.map(([shape]) => [shape, shape]),
  [[1000, 100], [100]],
  [[1000, 10], [10]],
  [
    [1000, 100],
    [1000, 1],
  ],
  [
    [8, 128, 128],
    [128, 128],
  ],
  [[100_000], []],
  [[], [100_000]],
  [
    [100, 1, 50],
    [1, 20, 50],
  ],
];

for (const [title, work] of [
  ['add', tf.add],
  ['sub', tf.sub],
  ['mul', tf.mul],
  ['div', tf.div],
  ['maximum', tf.maximum],
  ['squaredDifference', tf.squaredDifference],
  ['greater', tf.greater],
] as const) {
  await sweep(title, title === 'add' || title === 'mul' ? pairs : pairs.slice(0, 5), work, positive);
}
for (const [title, work] of [
  ['relu', tf.relu],
  ['sigmoid', tf.sigmoid],
  ['exp', tf.exp],
  ['log', tf.log],
  ['tanh', tf.tanh],
  ['sqrt', tf.sqrt],
  ['square', tf.square],
  ['relu6', tf.relu6],
  ['clip', (x: tf.Tensor) => tf.clipByValue(x, -0.5, 0.5)],
  ['cast to int32', (x: tf.Tensor) => tf.cast(x, 'int32')],
] as const) {
  await sweep(title, one, work, title === 'log' || title === 'sqrt' ? positive : noise);
}

const rows: Shape[][] = [
  [[1, 10]],
  [[32, 10]],
  [[128, 10]],
  [[128, 128]],
  [[1000, 100]],
  [[8, 128, 128]],
  [[128, 1024]],
  [[32, 32000]],
];
await sweep('softmax', rows, (x) => tf.softmax(x));
await sweep('logSoftmax', rows, (x) => tf.logSoftmax(x));
await sweep('sum of rows', rows, (x) => tf.sum(x, -1));
await sweep('sum of columns', rows, (x) => tf.sum(x, 0));
await sweep('mean', rows, (x) => tf.mean(x));
await sweep('max of rows', rows, (x) => tf.max(x, -1));
await sweep('transpose', [[[10, 10]], [[128, 1024]], [[1000, 30]]], (x) => tf.transpose(x));
await sweep('heads', [[[128, 8, 32]], [[8, 128, 32]]], (x) => tf.transpose(x, [1, 0, 2]));
await sweep('split', [[[10, 12]], [[128, 768]]], (x) => tf.split(x, 3, -1));
await sweep('tile', [[[10]], [[128, 100]]], (x) =>
  tf.tile(
    x,
    x.shape.map(() => 2),
  ),
);
await sweep('reverse', [[[10]], [[128, 100]]], (x) => tf.reverse(x));
await sweep('cumsum', [[[10]], [[128, 100]]], (x) => tf.cumsum(x, x.rank - 1));
await sweep(
  'batchNorm',
  [
    [[1, 8, 8, 4], [4], [4]],
    [[1, 28, 28, 64], [64], [64]],
  ],
  (x, a, b) => tf.batchNorm(x as tf.Tensor4D, a as tf.Tensor1D, b as tf.Tensor1D, a as tf.Tensor1D),
  positive,
);
await sweep('where', [[[10]], [[100_000]]], (x) => tf.where(tf.greater(x, 0), x, x));

const images: Shape[][] = [
  [[1, 8, 8, 4]],
  [[1, 28, 28, 1]],
  [[1, 28, 28, 32]],
  [[1, 14, 14, 512]],
  [[1, 7, 7, 1024]],
  [[1, 112, 112, 64]],
  [[8, 28, 28, 32]],
];
for (const [size, stride, pad] of [
  [2, 2, 'valid'],
  [3, 2, 'same'],
  [3, 1, 'same'],
] as const) {
  const title = `${size}x${size}/${stride}`;
  await sweep(`maxPool ${title}`, images, (x) => tf.maxPool(x as tf.Tensor4D, size, stride, pad));
  await sweep(`avgPool ${title}`, images, (x) => tf.avgPool(x as tf.Tensor4D, size, stride, pad));
}
await sweep('avgPool of all', [[[1, 7, 7, 1024]]], (x) => tf.avgPool(x as tf.Tensor4D, 7, 1, 'valid'));

for (const [size, stride] of [
  [3, 1],
  [3, 2],
  [5, 1],
  [5, 2],
] as const) {
  const shapes = (
    [
      [1, 8, 8, 4],
      [1, 28, 28, 32],
      [1, 14, 14, 512],
      [1, 7, 7, 1024],
      [1, 112, 112, 32],
      [1, 56, 56, 128],
    ] as const
  ).map((x) => [x, [size, size, x[3], 1], [x[3]]]);
  await sweep(`depthwise ${size}x${size}/${stride}`, shapes, (x, filter, bias) =>
    tf.fused.depthwiseConv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: stride,
      pad: 'same',
      bias,
      activation: 'relu6',
    }),
  );
}
await sweep(
  'matMul',
  [
    [
      [1, 10],
      [10, 10],
    ],
    [
      [1, 784],
      [784, 300],
    ],
    [
      [32, 100],
      [100, 10],
    ],
    [
      [128, 256],
      [256, 256],
    ],
    [
      [8, 128, 32],
      [8, 32, 128],
    ],
  ],
  (a, b) => tf.matMul(a, b),
);
const slower = ratios.filter((ratio) => ratio < 1).length;
console.log(`${ratios.length} rows, ${slower} slower than stock`);
