import { broadcast_util, util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import {
  address,
  discard,
  floats,
  integers,
  makeOutput,
  raw,
  truths,
  withScratch,
  writeTable,
} from '../heap.js';
import { kernel, requireFloat, runKernel } from '../kernel.js';

/** The functions of `assembly/binary.ts` by number; from 16 on they compare. Integers are 32 further on. */
const functions = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
  FloorDiv: 7,
  Prelu: 8,
  Equal: 16,
  NotEqual: 17,
  Less: 18,
  LessEqual: 19,
  Greater: 20,
  GreaterEqual: 21,
} as const;

type Name = keyof typeof functions;

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** How both operands are walked: neighbouring axes on which they move alike are one. Strides in entries. */
interface Walk {
  readonly shape: number[];
  /** Outermost first; never empty, the last is the innermost loop. */
  readonly axes: { size: number; a: number; b: number }[];
}

function walk(a: readonly number[], b: readonly number[]): Walk {
  const shape = broadcast_util.assertAndGetBroadcastShape([...a], [...b]);
  const axes: Walk['axes'] = [];
  let strideA = 1;
  let strideB = 1;
  for (let axis = 1; axis <= shape.length; axis++) {
    const size = shape[shape.length - axis];
    const sizeA = a[a.length - axis] ?? 1;
    const sizeB = b[b.length - axis] ?? 1;
    if (size !== 1) {
      const next = { size, a: sizeA === 1 ? 0 : strideA, b: sizeB === 1 ? 0 : strideB };
      const outer = axes.at(-1);
      if (outer !== undefined && next.a === outer.a * outer.size && next.b === outer.b * outer.size)
        outer.size *= size;
      else axes.push(next);
    }
    strideA *= sizeA;
    strideB *= sizeB;
  }
  if (axes.length === 0) axes.push({ size: 1, a: 1, b: 1 });
  return { shape, axes: axes.reverse() };
}

/** Calls `f` with the places of both operands for each entry of the result, in order. */
function each({ axes }: Walk, f: (a: number, b: number) => void): void {
  const along = (axis: number, a: number, b: number): void => {
    const { size, a: stepA, b: stepB } = axes[axis];
    for (let i = 0; i < size; i++) {
      if (axis === axes.length - 1) f(a, b);
      else along(axis + 1, a, b);
      a += stepA;
      b += stepB;
    }
  };
  along(0, 0, 0);
}

function vectorized(f: number, a: TensorInfo, b: TensorInfo): TensorInfo {
  const { shape, axes } = walk(a.shape, b.shape);
  const compares = (f & 16) !== 0;
  const out = makeOutput(shape, compares ? 'bool' : a.dtype);
  if (util.sizeFromShape(shape) === 0) return out;
  const last = axes.length - 1;
  const inner = axes[last];
  if (last === 0) {
    raw().binary(f, inner.size, address(a), inner.a, address(b), inner.b, address(out), 0, 0);
    return out;
  }
  if (last === 1) {
    const [{ size, a: moveA, b: moveB }] = axes;
    raw().binaryRows(
      f,
      size,
      4 * moveA,
      4 * moveB,
      inner.size,
      address(a),
      inner.a,
      address(b),
      inner.b,
      address(out),
    );
    return out;
  }
  withScratch(16 * last, (table) => {
    writeTable(
      table,
      axes.slice(0, last).flatMap((axis) => [axis.size, 4 * axis.a, 4 * axis.b, 0]),
    );
    raw().binary(f, inner.size, address(a), inner.a, address(b), inner.b, address(out), last, table);
  });
  return out;
}

/** `f` of each pair of entries, in JavaScript: for what no vector instruction serves. */
function mapped(a: TensorInfo, b: TensorInfo, f: (a: number, b: number) => number): TensorInfo {
  const steps = walk(a.shape, b.shape);
  const out = makeOutput(steps.shape, a.dtype);
  if (util.sizeFromShape(steps.shape) === 0) return out;
  const view = a.dtype === 'int32' ? integers : a.dtype === 'bool' ? truths : floats;
  const [va, vb, to] = [view(a), view(b), view(out)];
  if (steps.axes.length === 1) {
    const [{ a: stepA, b: stepB }] = steps.axes;
    for (let k = 0; k < to.length; k++) to[k] = f(va[k * stepA], vb[k * stepB]);
    return out;
  }
  let i = 0;
  each(steps, (ia, ib) => {
    to[i++] = f(va[ia], vb[ib]);
  });
  return out;
}

/** Truth values count as 0 and 1; arithmetic on them is that of JAX: a sum is "or", a product "and". */
function ofTruths(name: Name, a: TensorInfo, b: TensorInfo): TensorInfo {
  const ia = runKernel('Cast', { x: a }, { dtype: 'int32' });
  const ib = runKernel('Cast', { x: b }, { dtype: 'int32' });
  const out = ofPair(name, ia, ib);
  discard(ia);
  discard(ib);
  return out.dtype === 'bool' ? out : runKernel('Cast', { x: out }, { dtype: 'bool' }, [out]);
}

/** Rounds down; dividing by zero gives 0, since int32 has no infinity. */
function floorDivide(a: number, b: number): number {
  return b === 0 ? 0 : Math.floor(a / b);
}

/** The remainder with the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** As in IEEE 754 and JAX, not as in JavaScript: 1 to any power is 1, and so is -1 to an infinite one. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

function refuse(name: string, { dtype }: TensorInfo): never {
  throw new TankaError(
    'wasm-kernel-unsupported',
    `${name} on the WASM backend takes float32, int32 and bool, not ${dtype}.`,
  );
}

function ofPair(name: Name, a: TensorInfo, b: TensorInfo): TensorInfo {
  const f = functions[name];
  switch (a.dtype) {
    case 'float32':
      return vectorized(f, a, b);
    case 'int32':
      return name === 'FloorDiv' || name === 'RealDiv' ? mapped(a, b, floorDivide) : vectorized(f + 32, a, b);
    case 'bool':
      return ofTruths(name, a, b);
    default:
      return refuse(name, a);
  }
}

/** Both operands in the wider of their dtypes; TensorFlow.js has done so for all but a few. */
function matched({ a, b }: Operands, f: (a: TensorInfo, b: TensorInfo) => TensorInfo): TensorInfo {
  if (a.dtype === b.dtype) return f(a, b);
  const order = ['bool', 'int32', 'float32'];
  const dtype = order[Math.max(order.indexOf(a.dtype), order.indexOf(b.dtype))];
  if (dtype === undefined) return refuse('An operation of two tensors', a);
  const [wide, narrow] = a.dtype === dtype ? [a, b] : [b, a];
  const cast = runKernel('Cast', { x: narrow }, { dtype });
  try {
    return wide === a ? f(a, cast) : f(cast, b);
  } finally {
    discard(cast);
  }
}

function logicalKernel(kernelName: string, f: (a: number, b: number) => number): KernelConfig {
  return kernel<Operands, object>(kernelName, ({ inputs: { a, b } }) => mapped(a, b, f));
}

function mathKernel(kernelName: string, f: (a: number, b: number) => number, ofIntegers = f): KernelConfig {
  return kernel<Operands, object>(kernelName, ({ inputs }) =>
    matched(inputs, (a, b) => mapped(a, b, a.dtype === 'int32' ? ofIntegers : f)),
  );
}

/**
 * `condition ? t : e`; a condition of rank 1 may also choose whole rows. TensorFlow.js broadcasts all three before, but leaves an axis of
 * one where the others have none.
 */
function select(condition: TensorInfo, t: TensorInfo, e: TensorInfo): TensorInfo {
  if ([condition, t, e].some(({ shape }) => util.sizeFromShape(shape) === 0)) {
    const shape = broadcast_util.assertAndGetBroadcastShape(t.shape, e.shape);
    return makeOutput(broadcast_util.assertAndGetBroadcastShape(condition.shape, shape), t.dtype);
  }
  const out = makeOutput(t.shape, t.dtype);
  const n = util.sizeFromShape(t.shape);
  const rows = util.sizeFromShape(condition.shape);
  if (rows === n && t.dtype !== 'bool') {
    raw().select(n, address(condition), address(t), address(e), address(out));
    return out;
  }
  const view = t.dtype === 'bool' ? truths : integers;
  const [from, other, to] = [view(t), view(e), view(out)];
  const size = n / rows;
  for (const [row, chosen] of truths(condition).entries()) {
    to.set((chosen ? from : other).subarray(row * size, (row + 1) * size), row * size);
  }
  return out;
}

/** Functions of two tensors that broadcast against each other, and `where`. */
export const binaryKernels: readonly KernelConfig[] = [
  ...(Object.keys(functions) as Name[])
    .filter((name) => name !== 'Prelu')
    .map((name) =>
      kernel<Operands, object>(name, ({ inputs }) => matched(inputs, (a, b) => ofPair(name, a, b))),
    ),
  kernel<{ x: TensorInfo; alpha: TensorInfo }, object>('Prelu', ({ inputs: { x, alpha } }) => {
    requireFloat('Prelu', x, alpha);
    return ofPair('Prelu', x, alpha);
  }),
  mathKernel('Atan2', Math.atan2),
  mathKernel('Mod', modulo, (a, b) => (b === 0 ? 0 : modulo(a, b))),
  mathKernel('Pow', power),
  logicalKernel('LogicalAnd', (a, b) => a & b),
  logicalKernel('LogicalOr', (a, b) => a | b),
  logicalKernel('LogicalXor', (a, b) => a ^ b),
  kernel<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }, object>(
    'Select',
    ({ inputs: { condition, t, e } }) => select(condition, t, e),
  ),
];
