import { broadcast_util, util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';
import { packedCopy } from '../packed.js';
import { epilogueInLoop, finishEpilogue, type Epilogue } from './activation.js';

interface MatMulInputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

interface MatMulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** For each matrix of the broadcast batch, which matrix of an operand of batch shape `shape` it takes. */
function batchIndices(shape: readonly number[], batch: readonly number[]): (i: number) => number {
  const size = util.sizeFromShape([...batch]);
  const own = util.sizeFromShape([...shape]);
  if (own === size) return (i) => i;
  if (own === 1) return () => 0;
  const padded = [...Array<number>(batch.length - shape.length).fill(1), ...shape];
  const strides = padded.map((n, axis) => (n === 1 ? 0 : util.sizeFromShape(padded.slice(axis + 1))));
  return (i) => {
    let index = 0;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const n = batch[axis];
      index += (i % n) * strides[axis];
      i = Math.floor(i / n);
    }
    return index;
  };
}

/** Products of the last two axes, batch axes broadcast; bias and activation applied once, to the finished sum. */
function matMul(name: string, inputs: MatMulInputs, attrs: MatMulAttrs, epilogue: Epilogue): TensorInfo {
  const { a, b } = inputs;
  const { transposeA, transposeB } = attrs;
  const isInteger = a.dtype === 'int32' && b.dtype === 'int32' && epilogue.bias === undefined;
  if (!isInteger) requireFloat(name, a, b);
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  let m = transposeA ? aColumns : aRows;
  const k = transposeA ? aRows : aColumns;
  const n = transposeB ? bRows : bColumns;
  const inner = transposeB ? bColumns : bRows;
  util.assert(
    k === inner,
    () =>
      `Error in matMul: inner shapes (${k}) and (${inner}) of Tensors with shapes ${a.shape.join()} and ${b.shape.join()} ` +
      `and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  let count = util.sizeFromShape(batch);
  const out = makeOutput([...batch, m, n], a.dtype);
  if (count * m * n === 0) return out;
  const indexA = batchIndices(batchA, batch);
  const indexB = batchIndices(batchB, batch);
  const strideMatrixA = m * k * 4;
  if (count > 1 && !transposeA && util.sizeFromShape(batchB) === 1 && util.sizeFromShape(batchA) === count) {
    // One matrix for the whole batch: the rows of all products are one product, and B is packed once.
    m *= count;
    count = 1;
  }
  const inLoop = epilogueInLoop(epilogue, n);
  const kernels = raw();
  const bias = inLoop.bias === undefined ? 0 : address(inLoop.bias);
  const fromA = address(a);
  const fromB = address(b);
  const to = address(out);
  const place = (
    i: number,
  ): [a: number, rowA: number, columnA: number, b: number, rowB: number, columnB: number, c: number] => [
    fromA + indexA(i) * strideMatrixA,
    transposeA ? 1 : k,
    transposeA ? m : 1,
    fromB + indexB(i) * k * n * 4,
    transposeB ? 1 : n,
    transposeB ? k : 1,
    to + i * m * n * 4,
  ];
  if (isInteger) {
    for (let i = 0; i < count; i++) kernels.matMulInt(m, n, k, ...place(i));
    return finishEpilogue(out, epilogue, n);
  }
  // A weight that meets many rows; few rows read it where it lies.
  const copy =
    count === 1 && m > 8
      ? packedCopy(b, `${k}x${n}${transposeB ? ' transposed' : ''}`, kernels.packedBytes(k, n), (pointer) => {
          kernels.packB(k, n, fromB, transposeB ? 1 : n, transposeB ? k : 1, pointer);
        })
      : undefined;
  withScratch(kernels.gemmScratch(m, n, k), (scratch) => {
    if (copy !== undefined) {
      const [row, column] = transposeA ? [1, m] : [k, 1];
      kernels.gemmPacked(m, n, k, fromA, row, column, copy, to, n, bias, inLoop.activation, 0, scratch);
      return;
    }
    for (let i = 0; i < count; i++) {
      kernels.gemm(m, n, k, ...place(i), n, bias, inLoop.activation, 0, scratch);
    }
  });
  return finishEpilogue(out, epilogue, n);
}

/** `BatchMatMul` and `_FusedMatMul`. */
export const matMulKernels: readonly KernelConfig[] = [
  kernel<MatMulInputs, MatMulAttrs>('BatchMatMul', ({ inputs, attrs }) =>
    matMul('BatchMatMul', inputs, attrs, {}),
  ),
  kernel<MatMulInputs, MatMulAttrs & Epilogue>('_FusedMatMul', ({ inputs, attrs }) =>
    matMul('_FusedMatMul', inputs, attrs, {
      bias: inputs.bias,
      activation: attrs.activation,
      preluActivationWeights: inputs.preluActivationWeights,
      leakyreluAlpha: attrs.leakyreluAlpha,
    }),
  ),
];
