/**
 * Kernels of the stock WASM backend (XNNPACK where it has it) against ours, single operations:
 * `node --import tsx bench/wasm-kernels.ts [part of a name]`. One process, one thread, interleaved.
 */
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/backend/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { interleave, row, type Contender } from './measure.js';

const only = process.argv[2] ?? '';
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; stock: tfjs-backend-wasm 4.22.0`,
);

async function compare(title: string, work: () => tf.Tensor): Promise<void> {
  if (!title.includes(only)) return;
  const run = (): void => work().dispose();
  const contenders: Record<string, Contender> = {
    stock: { prepare: restoreStockKernels, run },
    tanka: { prepare: registerKernels, run },
  };
  console.log(row(title, await interleave(contenders, { warmUp: 20, rounds: 31, sampleMs: 2 })));
}

const random = (shape: number[]): tf.Tensor => tf.randomUniform(shape, -1, 1);

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
  await compare(`conv ${kernel}x${kernel}/${stride} ${batch}x${size}² ${from}→${to}`, () =>
    tf.fused.conv2d({ x, filter, strides: stride, pad: 'same', bias, activation: 'relu' }),
  );
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
  await compare(`matMul ${batch}x ${m}·${k}·${n}${transposeA ? ' Aᵀ' : ''}${transposeB ? ' Bᵀ' : ''}`, () =>
    tf.matMul(a, b, transposeA, transposeB),
  );
  tf.dispose([a, b]);
}
