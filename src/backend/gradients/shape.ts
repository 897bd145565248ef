import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import {
  add,
  batchToSpaceND,
  clone,
  concat,
  pad,
  reshape,
  reverse,
  slice,
  slice_util,
  spaceToBatchND,
  stack,
  sum,
  transpose,
} from '@tensorflow/tfjs-core';
import { normalizedAxes, sizeOf, unbroadcast } from './broadcasting.js';
import { dilate } from './dilation.js';
import { outputsRule, rule } from './rule.js';

type Paddings = [number, number][];

/** Undoes `transpose(x, permutation)`. */
function transposeBack(dy: Tensor, permutation: readonly number[]): Tensor {
  return transpose(
    dy,
    permutation.map((_, axis) => permutation.indexOf(axis)),
  );
}

/** Pads any rank; TensorFlow.js refuses a scalar, which has nothing to pad. */
function padded(x: Tensor, paddings: Paddings): Tensor {
  return x.rank === 0 ? clone(x) : pad(x, paddings);
}

function sliceAxis(x: Tensor, axis: number, begin: number, size: number): Tensor {
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? begin : 0)),
    x.shape.map((n, i) => (i === axis ? size : n)),
  );
}

/** Sums the copies that `tile` made, one axis at a time, so that any rank is served. */
function tileGradient(dy: Tensor, shape: readonly number[], reps: readonly number[]): Tensor {
  let gradient = dy;
  for (const [axis, copies] of reps.entries()) {
    if (copies === 1) continue;
    const before = sizeOf(shape.slice(0, axis));
    const after = shape[axis] * sizeOf(shape.slice(axis + 1)) * sizeOf(reps.slice(axis + 1));
    gradient = sum(reshape(gradient, [before, copies, after]), 1);
  }
  return reshape(gradient, [...shape]);
}

/** Folds the mirrored borders back onto the entries that they were copied from. */
function mirrorPadGradient(dy: Tensor, shape: readonly number[], paddings: Paddings, mode: string): Tensor {
  const skipped = mode === 'reflect' ? 1 : 0;
  let gradient = dy;
  for (const [axis, [low, high]] of paddings.entries()) {
    if (low === 0 && high === 0) continue;
    const n = shape[axis];
    const placed = (border: Tensor, begin: number): Tensor =>
      pad(
        reverse(border, axis),
        border.shape.map((size, i): [number, number] => (i === axis ? [begin, n - begin - size] : [0, 0])),
      );
    const inner = sliceAxis(gradient, axis, low, n);
    const before = low > 0 ? placed(sliceAxis(gradient, axis, 0, low), skipped) : undefined;
    const after = high > 0 ? placed(sliceAxis(gradient, axis, low + n, high), n - skipped - high) : undefined;
    gradient = before ? add(inner, before) : inner;
    gradient = after ? add(gradient, after) : gradient;
  }
  return reshape(gradient, [...shape]);
}

interface StridedSlice {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/** Puts each entry back where the strides took it from, zeros elsewhere. */
function stridedSliceGradient(dy: Tensor, shape: number[], attributes: StridedSlice): Tensor {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
  const info = slice_util.sliceInfo(
    shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  const sizes = shape.map((_, axis) =>
    Math.max(0, Math.ceil((info.end[axis] - info.begin[axis]) / info.strides[axis])),
  );
  let gradient = reshape(dy, sizes);
  for (const [axis, stride] of info.strides.entries()) {
    const spread = dilate(stride < 0 ? reverse(gradient, axis) : gradient, axis, Math.abs(stride));
    const first = stride < 0 ? info.begin[axis] + (sizes[axis] - 1) * stride : info.begin[axis];
    gradient = pad(
      spread,
      spread.shape.map((size, i): [number, number] =>
        i === axis ? (size === 0 ? [0, shape[axis]] : [first, shape[axis] - first - size]) : [0, 0],
      ),
    );
  }
  return gradient;
}

/** Splits the channels of dy back: the inverse permutation of the blocks. */
function depthToSpaceGradient(dy: Tensor, x: Tensor, block: number, channelsFirst: boolean): Tensor {
  if (channelsFirst) {
    const [batch, channels, height, width] = x.shape;
    const blocks = reshape(dy, [batch, channels / block ** 2, height, block, width, block]);
    return reshape(transpose(blocks, [0, 3, 5, 1, 2, 4]), x.shape);
  }
  const [batch, height, width, channels] = x.shape;
  const blocks = reshape(dy, [batch, height, block, width, block, channels / block ** 2]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), x.shape);
}

/** Kernels that move entries and compute nothing. */
export const shapeRules: readonly GradConfig[] = [
  rule<{ blockShape: number[]; crops: number[][] }>(
    'BatchToSpaceND',
    {},
    (dy, _saved, { blockShape, crops }) => ({
      x: () => spaceToBatchND(dy, blockShape, crops),
    }),
  ),
  rule<{ inputShape: number[] }>('BroadcastTo', {}, (dy, _saved, { inputShape }) => ({
    x: () => unbroadcast(dy, inputShape),
  })),
  rule<{ axis: number }>('Concat', { allInputs: true }, (dy, parts, { axis }) => {
    const [along] = normalizedAxes(axis, dy.rank);
    let end = 0;
    return parts.map(({ shape }) => {
      const begin = end;
      end += shape[along];
      return () => sliceAxis(dy, along, begin, shape[along]);
    });
  }),
  rule<{ blockSize: number; dataFormat: string }>(
    'DepthToSpace',
    { inputs: ['x'] },
    (dy, [x], { blockSize, dataFormat }) => ({
      x: () => depthToSpaceGradient(dy, x, blockSize, dataFormat === 'NCHW'),
    }),
  ),
  rule('Diag', { inputs: ['x'] }, (dy, [x]) => ({
    x: () => {
      const n = x.size;
      // One more column moves the diagonal into the first column.
      const skewed = reshape(pad(reshape(dy, [n * n]), [[0, n]]), [n, n + 1]);
      return reshape(slice(skewed, [0, 0], [n, 1]), x.shape);
    },
  })),
  rule('ExpandDims', { inputs: ['input'] }, (dy, [input]) => ({ input: () => reshape(dy, input.shape) })),
  rule('FlipLeftRight', {}, (dy) => ({ image: () => reverse(dy, 2) })),
  rule<{ paddings: Paddings; mode: string }>(
    'MirrorPad',
    { inputs: ['x'] },
    (dy, [x], { paddings, mode }) => ({
      x: () => mirrorPadGradient(dy, x.shape, paddings, mode),
    }),
  ),
  rule<{ axis: number }>('Pack', { allInputs: true }, (dy, parts, { axis }) => {
    const [along] = normalizedAxes(axis, dy.rank);
    return parts.map(
      ({ shape }, i) =>
        () =>
          reshape(sliceAxis(dy, along, i, 1), shape),
    );
  }),
  rule<{ paddings: Paddings }>('PadV2', { inputs: ['x'] }, (dy, [x], { paddings }) => ({
    x: () =>
      slice(
        dy,
        paddings.map(([low]) => low),
        x.shape,
      ),
  })),
  rule('Reshape', { inputs: ['x'] }, (dy, [x]) => ({ x: () => reshape(dy, x.shape) })),
  rule<{ dims: number | number[] }>('Reverse', {}, (dy, _saved, { dims }) => ({
    x: () => reverse(dy, dims),
  })),
  rule<{ begin: number | number[]; size: number | number[] }>(
    'Slice',
    { inputs: ['x'] },
    (dy, [x], { begin, size }) => ({
      x: () => {
        const [first, sizes] = slice_util.parseSliceParams(x, begin, size);
        return padded(
          dy,
          x.shape.map((n, axis) => [first[axis], n - first[axis] - sizes[axis]]),
        );
      },
    }),
  ),
  rule<{ blockShape: number[]; paddings: number[][] }>(
    'SpaceToBatchND',
    {},
    (dy, _saved, { blockShape, paddings }) => ({
      x: () => batchToSpaceND(dy, blockShape, paddings),
    }),
  ),
  outputsRule<{ axis: number }>('SplitV', {}, (dys, _saved, { axis }) => ({ x: () => concat(dys, axis) })),
  rule<StridedSlice>('StridedSlice', { inputs: ['x'] }, (dy, [x], attributes) => ({
    x: () => stridedSliceGradient(dy, x.shape, attributes),
  })),
  rule<{ reps: number[] }>('Tile', { inputs: ['x'] }, (dy, [x], { reps }) => ({
    x: () => tileGradient(dy, x.shape, reps),
  })),
  rule<{ perm: number[] }>('Transpose', {}, (dy, _saved, { perm }) => ({ x: () => transposeBack(dy, perm) })),
  outputsRule<{ axis: number }>('Unpack', {}, (dys, _saved, { axis }) => ({ value: () => stack(dys, axis) })),
];
