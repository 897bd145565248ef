import {
  backend_util,
  slice_util,
  util,
  type DataType,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import { address, currentTracer, discard, makeOutput, raw, share } from '../heap.js';
import { kernel, runKernel } from '../kernel.js';
import { bytesOf, stridedCopy, stridesOf, transposed, type Axis } from '../strided-copy.js';

interface Unary {
  readonly x: TensorInfo;
}

function slice(x: TensorInfo, begin: number | number[], size: number | number[] | undefined): TensorInfo {
  const [from, shape] = slice_util.parseSliceParams(x, begin, size);
  const axis = shape.findIndex((length, i) => from[i] < 0 || length < 0 || from[i] + length > x.shape[i]);
  if (axis >= 0) {
    throw new TankaError(
      'wasm-index-out-of-range',
      `slice: ${shape[axis]} entries from ${from[axis]} on reach outside of [0, ${x.shape[axis]}), the range of axis ${axis} of a tensor of ` +
        `shape [${x.shape.join(', ')}]. A size of -1 takes all that are left.`,
    );
  }
  const strides = stridesOf(x.shape);
  const offset = from.reduce((sum, index, i) => sum + index * strides[i], 0);
  return stridedCopy(
    'Slice',
    x,
    shape,
    shape.map((length, i) => ({ size: length, stride: strides[i] })),
    offset,
  );
}

function tile(x: TensorInfo, reps: readonly number[]): TensorInfo {
  if (reps.some((times) => times < 0)) {
    throw new TankaError(
      'wasm-kernel-unsupported',
      `tile: reps [${reps.join(', ')}] on the WASM backend: an axis is repeated 0 or more times.`,
    );
  }
  const strides = stridesOf(x.shape);
  const axes: Axis[] = [];
  x.shape.forEach((size, axis) => {
    axes.push({ size: reps[axis], stride: 0 }, { size, stride: strides[axis] });
  });
  return stridedCopy(
    'Tile',
    x,
    x.shape.map((size, axis) => size * reps[axis]),
    axes,
  );
}

function reverse(x: TensorInfo, dims: number | number[]): TensorInfo {
  const flipped = util.parseAxisParam(dims, x.shape);
  const strides = stridesOf(x.shape);
  let offset = 0;
  const axes = x.shape.map((size, axis): Axis => {
    const stride = strides[axis];
    if (!flipped.includes(axis)) return { size, stride };
    offset += (size - 1) * stride;
    return { size, stride: -stride };
  });
  return stridedCopy('Reverse', x, x.shape, axes, offset);
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

function stridedSlice(x: TensorInfo, attrs: StridedSlice): TensorInfo {
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const { begin, end, strides, finalShape } = slice_util.sliceInfo(
    x.shape,
    attrs.begin,
    attrs.end,
    attrs.strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  const own = stridesOf(x.shape);
  let offset = 0;
  const axes = x.shape.map((_, axis): Axis => {
    offset += begin[axis] * own[axis];
    return {
      size: Math.max(0, Math.ceil((end[axis] - begin[axis]) / strides[axis])),
      stride: strides[axis] * own[axis],
    };
  });
  return stridedCopy('StridedSlice', x, finalShape, axes, offset);
}

function split(x: TensorInfo, numOrSizeSplits: number | number[], axis: number): TensorInfo[] {
  const [along] = util.parseAxisParam(axis, x.shape);
  const sizes = backend_util.prepareSplitSize(x, numOrSizeSplits, along);
  const strides = stridesOf(x.shape);
  let begin = 0;
  return sizes.map((size) => {
    const shape = x.shape.map((n, i) => (i === along ? size : n));
    const axes = shape.map((n, i): Axis => ({ size: n, stride: strides[i] }));
    const part = stridedCopy('SplitV', x, shape, axes, begin * strides[along]);
    begin += size;
    return part;
  });
}

/** Rows by index along an axis, batch axes in front. */
function gather(x: TensorInfo, indices: TensorInfo, axis: number, batchDims: number): TensorInfo {
  const [along] = util.parseAxisParam(axis, x.shape);
  const batch = util.sizeFromShape(x.shape.slice(0, batchDims));
  const outer = util.sizeFromShape(x.shape.slice(batchDims, along));
  const inner = util.sizeFromShape(x.shape.slice(along + 1));
  const size = x.shape[along];
  const count = util.sizeFromShape(indices.shape);
  const bytes = inner * bytesOf('GatherV2', x.dtype);
  const out = makeOutput(
    [...x.shape.slice(0, along), ...indices.shape.slice(batchDims), ...x.shape.slice(along + 1)],
    x.dtype,
  );
  const picks = batch === 0 ? 0 : count / batch;
  const bad = raw().gather(batch, outer, size, picks, bytes, address(x), address(indices), address(out));
  if (bad >= 0) {
    discard(out);
    throw new TankaError(
      'wasm-index-out-of-range',
      `gather: entry ${bad} of the indices lies outside of [0, ${size}), the range of axis ${along} of a tensor of shape [${x.shape.join(', ')}]. ` +
        'Clip the indices first if such values are meant.',
    );
  }
  return out;
}

function segmentSum(x: TensorInfo, segmentIds: TensorInfo, numSegments: number): TensorInfo {
  if (x.dtype !== 'float32' && x.dtype !== 'int32') bytesOf('UnsortedSegmentSum', 'string');
  const rest = x.shape.slice(segmentIds.shape.length);
  const out = makeOutput([numSegments, ...rest], x.dtype);
  const rows = util.sizeFromShape(segmentIds.shape);
  raw().segmentSum(
    rows,
    util.sizeFromShape(rest),
    numSegments,
    address(x),
    address(segmentIds),
    address(out),
    x.dtype === 'int32' ? 1 : 0,
  );
  return out;
}

/** The bits of a value in a dtype. */
function bits(value: number, dtype: DataType): number {
  return dtype === 'float32' ? new Int32Array(Float32Array.of(value).buffer)[0] : Math.trunc(value);
}

interface OneHot {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: DataType;
}

function oneHot(indices: TensorInfo, { depth, onValue, offValue, dtype }: OneHot): TensorInfo {
  const bytes = bytesOf('OneHot', dtype);
  const out = makeOutput([...indices.shape, depth], dtype);
  raw().oneHot(
    util.sizeFromShape(indices.shape),
    depth,
    address(indices),
    bits(onValue, dtype),
    bits(offValue, dtype),
    bytes,
    address(out),
  );
  return out;
}

const castKinds: Readonly<Record<string, number>> = {
  'float32 int32': 0,
  'int32 float32': 1,
  'bool int32': 2,
  'bool float32': 3,
  'float32 bool': 4,
  'int32 bool': 5,
};

/** True is what is not zero, not what has an odd lowest byte. */
function cast(x: TensorInfo, dtype: DataType): TensorInfo {
  if (x.dtype === dtype) return runKernel('Identity', { x });
  const kind = castKinds[`${x.dtype} ${dtype}`];
  if (kind === undefined) {
    throw new TankaError(
      'wasm-kernel-unsupported',
      `The WASM backend does not cast ${x.dtype} to ${dtype}: it knows float32, int32 and bool.`,
    );
  }
  const out = makeOutput(x.shape, dtype);
  raw().cast(kind, util.sizeFromShape(x.shape), address(x), address(out));
  return out;
}

function copied(x: TensorInfo): TensorInfo {
  const out = makeOutput(x.shape, x.dtype);
  raw().copyRows(
    1,
    bytesOf('Identity', x.dtype) * util.sizeFromShape(x.shape),
    address(x),
    0,
    address(out),
    0,
  );
  return out;
}

/** Kernels that move entries: copies with strides, gathers and their sums, one-hot rows, and casts. */
export const placeKernels: readonly KernelConfig[] = [
  kernel<Unary, { readonly dtype: DataType }>('Cast', ({ inputs: { x }, attrs: { dtype } }) =>
    cast(x, dtype),
  ),
  // A plan lays out its memory without handles that share it.
  kernel<Unary, object>('Identity', ({ inputs: { x } }) =>
    currentTracer() === undefined ? share(x) : copied(x),
  ),
  kernel<Unary, { readonly perm: number[] }>('Transpose', ({ inputs: { x }, attrs: { perm } }) =>
    transposed('Transpose', x, perm),
  ),
  kernel<{ x: TensorInfo; indices: TensorInfo }, { readonly axis: number; readonly batchDims: number }>(
    'GatherV2',
    ({ inputs: { x, indices }, attrs: { axis, batchDims } }) => gather(x, indices, axis, batchDims),
  ),
  kernel<{ indices: TensorInfo }, OneHot>('OneHot', ({ inputs: { indices }, attrs }) =>
    oneHot(indices, attrs),
  ),
  kernel<Unary, { readonly dims: number | number[] }>('Reverse', ({ inputs: { x }, attrs: { dims } }) =>
    reverse(x, dims),
  ),
  kernel<Unary, { readonly begin: number | number[]; readonly size?: number | number[] }>(
    'Slice',
    ({ inputs: { x }, attrs: { begin, size } }) => slice(x, begin, size),
  ),
  kernel<Unary, { readonly numOrSizeSplits: number | number[]; readonly axis: number }>(
    'SplitV',
    ({ inputs: { x }, attrs: { numOrSizeSplits, axis } }) => split(x, numOrSizeSplits, axis),
  ),
  kernel<Unary, StridedSlice>('StridedSlice', ({ inputs: { x }, attrs }) => stridedSlice(x, attrs)),
  kernel<Unary, { readonly reps: number[] }>('Tile', ({ inputs: { x }, attrs: { reps } }) => tile(x, reps)),
  kernel<{ x: TensorInfo; segmentIds: TensorInfo }, { readonly numSegments: number }>(
    'UnsortedSegmentSum',
    ({ inputs: { x, segmentIds }, attrs: { numSegments } }) => segmentSum(x, segmentIds, numSegments),
  ),
];
