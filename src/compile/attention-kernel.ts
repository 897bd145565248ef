import type { TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../backend/wasm/heap.js';
import { kernel } from '../backend/wasm/kernel.js';
import { sizeOf } from './graph.js';

interface AttentionInputs {
  /** `[…, heads, length, size]`, as it is seen: it may lie as `[…, length, heads, size]`. */
  readonly q: TensorInfo;
  readonly k: TensorInfo;
  readonly v: TensorInfo;
  /** One truth value for each score. */
  readonly mask?: TensorInfo;
}

interface AttentionAttributes {
  readonly scale: number;
  /** What stands for a score where the mask is false. */
  readonly masked: number;
  /** For queries, keys, values and the result: whether heads and length are exchanged where it lies. */
  readonly swapped: readonly boolean[];
  /** `[…, heads, length, size]` of the result. */
  readonly shape: readonly number[];
}

/** Where the matrices of an operand begin, in bytes, and how many entries its rows are apart. */
function layout(
  shape: readonly number[],
  swapped: boolean,
): { offset: (matrix: number) => number; row: number } {
  const [heads, length, size] = shape.slice(-3);
  if (!swapped) return { offset: (i) => 4 * i * length * size, row: size };
  return {
    offset: (i) => 4 * (Math.floor(i / heads) * heads * length + (i % heads)) * size,
    row: heads * size,
  };
}

function attention({ q, k, v, mask }: AttentionInputs, attributes: AttentionAttributes): TensorInfo {
  const { scale, masked, swapped, shape } = attributes;
  const kernels = raw();
  const out = makeOutput(shape);
  const [length, depth] = q.shape.slice(-2);
  const [positions, width] = v.shape.slice(-2);
  const scoreBytes = Math.ceil((4 * length * positions) / 64) * 64;
  const [layQ, layK, layV, layOut] = [q.shape, k.shape, v.shape, shape].map((one, i) =>
    layout(one, swapped[i]),
  );
  const [fromQ, fromK, fromV, seen, to] = [q, k, v, mask, out].map((one) => (one ? address(one) : 0));
  const workBytes = Math.max(
    64,
    kernels.gemmScratch(length, positions, depth),
    kernels.gemmScratch(length, width, positions),
  );
  withScratch(scoreBytes + workBytes, (scores) => {
    const scratch = scores + scoreBytes;
    for (let i = 0; i < sizeOf(shape.slice(0, -2)); i++) {
      kernels.gemm(
        length,
        positions,
        depth,
        fromQ + layQ.offset(i),
        layQ.row,
        1,
        fromK + layK.offset(i),
        1,
        layK.row,
        scores,
        positions,
        0,
        0,
        0,
        scratch,
      );
      const bytes = mask === undefined ? 0 : seen + i * length * positions;
      if (mask !== undefined || scale !== 1)
        kernels.scaleAndMask(length * positions, scores, scale, bytes, masked);
      kernels.softmax(length, positions, scores, scores, scratch);
      kernels.gemm(
        length,
        width,
        positions,
        scores,
        positions,
        1,
        fromV + layV.offset(i),
        layV.row,
        1,
        to + layOut.offset(i),
        layOut.row,
        0,
        0,
        0,
        scratch,
      );
    }
  });
  return out;
}

/** Attention, which `passes/fuse-attention.ts` finds. */
export const attentionKernels = [
  kernel<AttentionInputs, AttentionAttributes>('TankaAttention', ({ inputs, attrs }) =>
    attention(inputs, attrs),
  ),
];
