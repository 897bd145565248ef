import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { address, makeOutput, raw, withScratch, writeTable } from './heap.js';

/** An axis of a result: its size, and by how many entries of the source it moves (0 repeats, negative runs backwards). */
export interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** Bytes of an entry. @throws `wasm-kernel-unsupported` for a dtype that kernels do not move */
export function bytesOf(name: string, dtype: DataType): number {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return util.bytesPerElement(dtype);
  throw new TankaError('wasm-kernel-unsupported', `${name} on the WASM backend does not take ${dtype}.`);
}

/** Axes without those of size 1, neighbours that move as one joined. */
function joined(axes: readonly Axis[]): Axis[] {
  const result: Axis[] = [];
  for (const axis of axes) {
    const { size, stride } = axis;
    if (size === 1) continue;
    const last = result.length - 1;
    if (last >= 0 && result[last].stride === size * stride)
      result[last] = { size: result[last].size * size, stride };
    else result.push(axis);
  }
  return result;
}

/** By how many entries each axis of a contiguous tensor moves. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** A copy of `x` from entry `offset` on, as the axes say, in the given shape. */
export function stridedCopy(
  name: string,
  x: TensorInfo,
  shape: readonly number[],
  axes: readonly Axis[],
  offset = 0,
): TensorInfo {
  const bytes = bytesOf(name, x.dtype);
  const out = makeOutput(shape, x.dtype);
  if (util.sizeFromShape(shape as number[]) === 0) return out;
  const moves = joined(axes);
  const inner = moves.pop() ?? { size: 1, stride: 1 };
  withScratch(12 * moves.length, (table) => {
    const entries: number[] = [];
    for (const { size, stride } of moves) entries.push(size, stride * bytes, 0);
    writeTable(table, entries);
    const from = address(x) + offset * bytes;
    raw().copyStrided(moves.length, table, inner.size, inner.stride * bytes, bytes, from, address(out));
  });
  return out;
}

/** `x` with its axes in the order `perm`. */
export function transposed(name: string, x: TensorInfo, perm: readonly number[]): TensorInfo {
  const strides = stridesOf(x.shape);
  const shape = perm.map((axis) => x.shape[axis]);
  const axes = joined(perm.map((axis): Axis => ({ size: x.shape[axis], stride: strides[axis] })));
  const last = axes.length - 1;
  const q = axes.findIndex(({ stride }) => stride === 1);
  // Rows that stay whole are copied, and so are bytes.
  if (q < 0 || q === last || x.dtype === 'bool') return stridedCopy(name, x, shape, axes);
  bytesOf(name, x.dtype);
  const out = makeOutput(shape, x.dtype);
  if (util.sizeFromShape(shape) === 0) return out;
  const steps = stridesOf(axes.map(({ size }) => size));
  const others: number[] = [];
  axes.forEach(({ size, stride }, i) => {
    if (i !== q && i !== last) others.push(size, 4 * stride, 4 * steps[i], 0);
  });
  withScratch(4 * others.length, (table) => {
    writeTable(table, others);
    const { size: rows, stride } = axes[last];
    const planes = others.length / 4;
    raw().transposePlanes(
      planes,
      table,
      rows,
      axes[q].size,
      address(x),
      4 * stride,
      address(out),
      4 * steps[q],
    );
  });
  return out;
}
