import { broadcast_util, util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';
import { packedCopy } from '../packed.js';
import { epilogueInLoop, finishEpilogue, startEpilogue, type Epilogue } from './activation.js';

interface MatMulInputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
  readonly residual?: TensorInfo;
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

function first(): number {
  return 0;
}

/** Products of the last two axes, batch axes broadcast; bias and activation applied once, to the finished sum. */
function matMul(name: string, inputs: MatMulInputs, attrs: MatMulAttrs, epilogue: Epilogue): TensorInfo {
  const { a, b } = inputs;
  const { transposeA, transposeB } = attrs;
  const isInteger = a.dtype === 'int32' && b.dtype === 'int32' && epilogue.bias === undefined;
  if (!isInteger) requireFloat(name, a, b);
  const [rankA, rankB] = [a.shape.length, b.shape.length];
  const [aRows, aColumns] = [a.shape[rankA - 2], a.shape[rankA - 1]];
  const [bRows, bColumns] = [b.shape[rankB - 2], b.shape[rankB - 1]];
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
  // One matrix by one matrix is what small networks do at every layer, and broadcasting takes as long as their product.
  const isSingle = batchA.every((size) => size === 1) && batchB.every((size) => size === 1);
  const batch = isSingle
    ? rankA < rankB
      ? batchB
      : batchA
    : broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  let count = isSingle ? 1 : util.sizeFromShape(batch);
  const out = makeOutput([...batch, m, n], a.dtype);
  if (count * m * n === 0) return out;
  const indexA = isSingle ? first : batchIndices(batchA, batch);
  const indexB = isSingle ? first : batchIndices(batchB, batch);
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
  const [rowA, columnA] = transposeA ? [1, m] : [k, 1];
  const [rowB, columnB] = transposeB ? [1, k] : [n, 1];
  const matrixB = k * n * 4;
  if (isInteger) {
    for (let i = 0; i < count; i++) {
      const [ai, bi] = [fromA + indexA(i) * strideMatrixA, fromB + indexB(i) * matrixB];
      kernels.matMulInt(m, n, k, ai, rowA, columnA, bi, rowB, columnB, to + i * m * n * 4);
    }
    return finishEpilogue(out, epilogue, n);
  }
  const accumulate = startEpilogue(out, epilogue);
  // One row meets a transposed weight at the same speed where it lies.
  const copy =
    count === 1 && (m > 1 || !transposeB)
      ? packedCopy(b, `${k}x${n}${transposeB ? ' transposed' : ''}`, kernels.packedBytes(k, n), (pointer) => {
          kernels.packB(k, n, fromB, rowB, columnB, pointer);
        })
      : undefined;
  withScratch(kernels.gemmScratch(m, n, k), (scratch) => {
    if (copy !== undefined) {
      kernels.gemmPacked(
        m,
        n,
        k,
        fromA,
        rowA,
        columnA,
        copy,
        to,
        n,
        bias,
        inLoop.activation,
        accumulate,
        scratch,
      );
      return;
    }
    for (let i = 0; i < count; i++) {
      const [ai, bi] = [fromA + indexA(i) * strideMatrixA, fromB + indexB(i) * matrixB];
      const ci = to + i * m * n * 4;
      const { activation } = inLoop;
      kernels.gemm(
        m,
        n,
        k,
        ai,
        rowA,
        columnA,
        bi,
        rowB,
        columnB,
        ci,
        n,
        bias,
        activation,
        accumulate,
        scratch,
      );
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
      residual: inputs.residual,
    }),
  ),
];
