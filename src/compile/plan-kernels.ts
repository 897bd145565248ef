import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { requireWidths } from '../backend/wasm/guards.js';
import { address, makeOutput, raw, withScratch, writeTable } from '../backend/wasm/heap.js';
import { kernel } from '../backend/wasm/kernel.js';
import { stridedCopy } from '../backend/wasm/strided-copy.js';
import { bytesOf, sizeOf } from './graph.js';

/**
 * Kernels for plans alone, in the place of stock ones that are right and fast enough when called, but cannot be traced.
 */

interface Unary {
  readonly x: TensorInfo;
}

/** Row-major strides in entries. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Puts parts one after the other along an axis; each part is a row in every row of the result. */
function concat(parts: readonly TensorInfo[], axis: number, shape: number[]): TensorInfo {
  const out = makeOutput(shape, parts[0].dtype);
  const rows = sizeOf(shape.slice(0, axis));
  const stride = bytesOf({ shape: shape.slice(axis), dtype: out.dtype });
  let at = 0;
  for (const part of parts) {
    const bytes = bytesOf({ shape: part.shape, dtype: part.dtype }) / Math.max(rows, 1);
    if (bytes > 0 && rows > 0) raw().copyRows(rows, bytes, address(part), bytes, address(out) + at, stride);
    at += bytes;
  }
  return out;
}

/** One constant float beside the values: what a vector function needs of a number. */
function withNumber(value: number, body: (pointer: number) => void): void {
  withScratch(16, (pointer) => {
    writeTable(pointer, [new Int32Array(Float32Array.of(value).buffer)[0]]);
    body(pointer);
  });
}

const ADD = 0;
const MULTIPLY = 2;
/** A function of `assembly/unary.ts`. */
const SILU = 6;

function requireFloat({ dtype }: TensorInfo): void {
  if (dtype !== 'float32') throw new Error('Left to the stock kernel.');
}

function negated(x: TensorInfo): TensorInfo {
  requireFloat(x);
  const out = makeOutput(x.shape);
  if (sizeOf(x.shape) === 0) return out;
  withNumber(-1, (minusOne) =>
    raw().binary(MULTIPLY, sizeOf(x.shape), address(x), 1, minusOne, 0, address(out), 0, 0),
  );
  return out;
}

function silu(x: TensorInfo): TensorInfo {
  requireFloat(x);
  const out = makeOutput(x.shape);
  raw().unary(SILU, sizeOf(x.shape), address(x), address(out), 0, 0);
  return out;
}

function addAll(parts: readonly TensorInfo[]): TensorInfo {
  parts.forEach(requireFloat);
  const out = makeOutput(parts[0].shape);
  const size = sizeOf(out.shape);
  if (size === 0) return out;
  raw().copyRows(1, 4 * size, address(parts[0]), 0, address(out), 0);
  for (const part of parts.slice(1))
    raw().binary(ADD, size, address(out), 1, address(part), 1, address(out), 0, 0);
  return out;
}

function zerosLike(x: TensorInfo): TensorInfo {
  const out = makeOutput(x.shape, x.dtype);
  raw().clear(address(out), bytesOf({ shape: x.shape, dtype: x.dtype }));
  return out;
}

/** Constant padding: the border is filled with the whole, then the rows of the last axis are put in. */
function pad(x: TensorInfo, paddings: readonly (readonly [number, number])[], value: number): TensorInfo {
  requireFloat(x);
  requireWidths('pad', paddings);
  const shape = x.shape.map((length, axis) => length + paddings[axis][0] + paddings[axis][1]);
  const out = makeOutput(shape);
  raw().fill(sizeOf(shape), value, address(out));
  const rank = shape.length;
  if (sizeOf(x.shape) === 0) return out;
  // Rows along the second to last axis are evenly spaced in both: one call a block of them.
  const inner = x.shape[rank - 1];
  const rows = rank > 1 ? x.shape[rank - 2] : 1;
  const strides = stridesOf(shape);
  const outer = x.shape.slice(0, Math.max(rank - 2, 0));
  const start = paddings.reduce((sum, [before], axis) => sum + before * strides[axis], 0);
  for (let block = 0; block < sizeOf(outer); block++) {
    let rest = block;
    let at = start;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      at += (rest % outer[axis]) * strides[axis];
      rest = Math.floor(rest / outer[axis]);
    }
    const stride = 4 * (rank > 1 ? strides[rank - 2] : 0);
    raw().copyRows(
      rows,
      4 * inner,
      address(x) + 4 * block * rows * inner,
      4 * inner,
      address(out) + 4 * at,
      stride,
    );
  }
  return out;
}

/** By the names of TensorFlow.js; `TankaSilu` is what `passes/fuse-functions.ts` makes. */
export const planKernels = [
  kernel<TensorInfo[], object>('AddN', ({ inputs }) => addAll(inputs)),
  kernel<TensorInfo[], { axis: number }>('Concat', ({ inputs: parts, attrs: { axis } }) => {
    const [along] = util.parseAxisParam(axis, parts[0].shape);
    const shapes = parts.map(({ shape }) => shape);
    return concat(parts, along, backend_util.computeOutShape(shapes, along));
  }),
  kernel<Unary, object>('Neg', ({ inputs: { x } }) => negated(x)),
  kernel<TensorInfo[], { axis: number }>('Pack', ({ inputs: parts, attrs: { axis } }) => {
    const { shape } = parts[0];
    const along = axis < 0 ? axis + shape.length + 1 : axis;
    return concat(parts, along, [...shape.slice(0, along), parts.length, ...shape.slice(along)]);
  }),
  kernel<Unary, { paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ inputs: { x }, attrs: { paddings, constantValue } }) => pad(x, paddings, constantValue),
  ),
  kernel<Unary, object>('TankaSilu', ({ inputs: { x } }) => silu(x)),
  kernel<{ value: TensorInfo }, { axis: number }>('Unpack', ({ inputs: { value }, attrs: { axis } }) => {
    const along = axis < 0 ? axis + value.shape.length : axis;
    const strides = stridesOf(value.shape);
    const shape = value.shape.filter((_, i) => i !== along);
    const axes = value.shape.flatMap((length, i) =>
      i === along ? [] : [{ size: length, stride: strides[i] }],
    );
    return Array.from({ length: value.shape[along] }, (_, i) =>
      stridedCopy('Unpack', value, shape, axes, i * strides[along]),
    );
  }),
  kernel<Unary, object>('ZerosLike', ({ inputs: { x } }) => zerosLike(x)),
];
