import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import {
  add,
  cast,
  clipByValue,
  gather,
  gatherND,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  mul,
  onesLike,
  range,
  reshape,
  scatterND,
  transpose,
  unsortedSegmentSum,
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { normalizedAxes, sizeOf } from './broadcasting.js';
import { outputsRule, rule } from './rule.js';

/** `indices` `[rows, …]` of rows of `stride` entries each, as indices into all the rows laid end to end. */
function flatIndices(indices: Tensor, rows: number, stride: number): Tensor {
  if (rows === 1) return reshape(indices, [-1]);
  const offsets = reshape(range(0, rows * stride, stride, 'int32'), [rows, 1]);
  return reshape(add(reshape(indices, [rows, indices.size / Math.max(rows, 1)]), offsets), [-1]);
}

/** Adds each gathered entry's gradient to the entry that it came from, for any axis and any number of batch axes. */
function gatherGradient(dy: Tensor, x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const n = x.shape[axis];
  const inner = sizeOf(x.shape.slice(axis + 1));
  const picks = indices.size / Math.max(batch, 1);
  const values = reshape(dy, [batch, outer, picks, inner]);
  const rows = reshape(outer === 1 ? values : transpose(values, [0, 2, 1, 3]), [
    batch * picks,
    outer * inner,
  ]);
  const sums = unsortedSegmentSum(rows, flatIndices(indices, batch, n) as never, batch * n);
  if (outer === 1) return reshape(sums, x.shape);
  return reshape(transpose(reshape(sums, [batch, n, outer, inner]), [0, 2, 1, 3]), x.shape);
}

/** The gradient of each row's segment; rows with an id outside of the segments were dropped and get zeros. */
function segmentSumGradient(dy: Tensor, segmentIds: Tensor): Tensor {
  const segments = dy.shape[0];
  const ids = cast(clipByValue(cast(segmentIds, 'float32'), 0, segments - 1), 'int32');
  const kept = logicalAnd(greaterEqual(segmentIds, 0), less(segmentIds, segments));
  const rows = gather(dy, ids);
  return mul(rows, reshape(cast(kept, 'float32'), [...segmentIds.shape, ...dy.shape.slice(1).map(() => 1)]));
}

/** Kernels that pick entries by condition or by index, and those that put them back. */
export const selectionRules: readonly GradConfig[] = [
  rule('GatherNd', { inputs: ['params', 'indices'] }, (dy, [params, indices]) => ({
    params: () => scatterND(indices, dy, params.shape),
  })),
  rule<{ axis: number; batchDims: number }>(
    'GatherV2',
    { inputs: ['x', 'indices'] },
    (dy, [x, indices], { axis, batchDims }) => ({
      x: () => gatherGradient(dy, x, indices, normalizedAxes(axis, x.rank)[0], batchDims),
    }),
  ),
  rule('ScatterNd', { inputs: ['indices'] }, (dy, [indices]) => ({ updates: () => gatherND(dy, indices) })),
  rule('Select', { inputs: ['condition'] }, (dy, [condition]) => ({
    condition: () => zeros(condition.shape),
    t: () => where(condition, dy, zerosLike(dy)),
    e: () => where(condition, zerosLike(dy), dy),
  })),
  rule('TensorScatterUpdate', { inputs: ['indices', 'updates'] }, (dy, [indices, updates]) => ({
    // The CPU kernel of tensorScatterUpdate writes into its input, hence not by that.
    tensor: () => where(greater(scatterND(indices, onesLike(updates), dy.shape), 0), zerosLike(dy), dy),
    updates: () => gatherND(dy, indices),
  })),
  outputsRule<{ k: number }>(
    'TopK',
    { inputs: ['x'], outputs: [false, true] },
    ([dy], [x, indices], { k }) => ({
      x: () => {
        const n = x.shape[x.rank - 1];
        const rows = x.size / n;
        const places = flatIndices(reshape(indices, [rows, k]), rows, n);
        return reshape(unsortedSegmentSum(reshape(dy, [rows * k]), places as never, x.size), x.shape);
      },
    }),
  ),
  rule('UnsortedSegmentSum', { inputs: ['segmentIds'] }, (dy, [segmentIds]) => ({
    x: () => segmentSumGradient(dy, segmentIds),
  })),
];
