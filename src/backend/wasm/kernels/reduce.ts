import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import { address, discard, makeOutput, raw } from '../heap.js';
import { kernel, runKernel } from '../kernel.js';

interface Unary {
  readonly x: TensorInfo;
}

type Axes = number | number[] | undefined;

/** Reduces the middle axis of `[outer, n, inner]`. A mean divides in the last of its blocks. */
type Reduction = (outer: number, n: number, inner: number, x: number, out: number, isLast: boolean) => void;

interface Block {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

/** The product of `shape[begin]` to `shape[end - 1]`. */
function between(shape: readonly number[], begin: number, end: number): number {
  let size = 1;
  for (let axis = begin; axis < end; axis++) size *= shape[axis];
  return size;
}

/** Neighbouring axes that are reduced, as `[outer, n, inner]`, the last first. */
function blocks(shape: readonly number[], axes: readonly number[]): Block[] {
  const found: Block[] = [];
  let end = shape.length;
  let inner = 1;
  while (end > 0) {
    let begin = end;
    while (begin > 0 && axes.includes(begin - 1)) begin--;
    if (begin < end) {
      found.push({ outer: between(shape, 0, begin), n: between(shape, begin, end), inner });
      end = begin;
    } else {
      inner *= shape[end - 1];
      end--;
    }
  }
  return found;
}

/** As `util.parseAxisParam`, which is slow for what it does: it is asked only about what is not one axis or all of them. */
function axesOf(axis: Axes | null, { shape }: TensorInfo): number[] {
  const rank = shape.length;
  const one = typeof axis === 'object' && axis?.length === 1 ? axis[0] : axis;
  if (one === undefined || one === null) return Array.from(shape, (_, i) => i);
  if (typeof one === 'number' && Number.isInteger(one) && one >= -rank && one < rank)
    return [one < 0 ? one + rank : one];
  return util.parseAxisParam(axis as number | number[], shape);
}

/** Reduces any axes, a block of neighbours at a time. */
function reduce(x: TensorInfo, axes: readonly number[], keepDims: boolean, step: Reduction): TensorInfo {
  const shape: number[] = [];
  for (let i = 0; i < x.shape.length; i++) {
    if (!axes.includes(i)) shape.push(x.shape[i]);
    else if (keepDims) shape.push(1);
  }
  const todo = blocks(x.shape, axes);
  if (todo.length === 0) todo.push({ outer: between(x.shape, 0, x.shape.length), n: 1, inner: 1 });
  let from = x;
  for (let i = 0; i < todo.length; i++) {
    const { outer, n, inner } = todo[i];
    const isLast = i === todo.length - 1;
    const to = makeOutput(isLast ? shape : [outer, inner], x.dtype);
    step(outer, n, inner, address(from), address(to), isLast);
    if (from !== x) discard(from);
    from = to;
  }
  return from;
}

function refuse(name: string, { dtype }: TensorInfo): never {
  throw new TankaError(
    'wasm-kernel-unsupported',
    `${name} on the WASM backend does not take ${dtype}: cast first.`,
  );
}

const integerFunctions = { Sum: 0, Prod: 1, Max: 2, Min: 3 } as const;

/** The reductions of floats. */
const floatFunctions: Record<keyof typeof integerFunctions, Reduction> = {
  Sum: (outer, n, inner, x, out) => {
    raw().reduceSum(outer, n, inner, x, out, 1);
  },
  Prod: (outer, n, inner, x, out) => {
    raw().reduceProd(outer, n, inner, x, out);
  },
  Max: (outer, n, inner, x, out) => {
    raw().reduceMax(outer, n, inner, x, out);
  },
  Min: (outer, n, inner, x, out) => {
    raw().reduceMin(outer, n, inner, x, out);
  },
};

function reduceAs(
  name: keyof typeof integerFunctions,
  x: TensorInfo,
  axis: Axes,
  keepDims: boolean,
): TensorInfo {
  switch (x.dtype) {
    case 'float32':
      return reduce(x, axesOf(axis, x), keepDims, floatFunctions[name]);
    case 'int32':
      return reduce(x, axesOf(axis, x), keepDims, (outer, n, inner, from, to) => {
        raw().reduceInt(integerFunctions[name], outer, n, inner, from, to);
      });
    case 'bool': {
      const cast = runKernel('Cast', { x }, { dtype: 'int32' });
      const out = reduceAs(name, cast, axis, keepDims);
      discard(cast);
      return name === 'Sum' || name === 'Prod'
        ? out
        : runKernel('Cast', { x: out }, { dtype: 'bool' }, [out]);
    }
    default:
      return refuse(name, x);
  }
}

/** The last of the sums is divided, in double precision: a product with `1 / count` would round twice. */
function mean(x: TensorInfo, axis: Axes, keepDims: boolean): TensorInfo {
  if (x.dtype !== 'float32') {
    const cast = runKernel('Cast', { x }, { dtype: 'float32' });
    const out = mean(cast, axis, keepDims);
    discard(cast);
    return out;
  }
  const axes = axesOf(axis, x);
  let count = 1;
  for (const i of axes) count *= x.shape[i];
  return reduce(x, axes, keepDims, (outer, n, inner, from, to, isLast) => {
    raw().reduceSum(outer, n, inner, from, to, isLast ? count : 1);
  });
}

interface Scan {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function scan(product: 0 | 1, x: TensorInfo, { axis, exclusive, reverse }: Scan): TensorInfo {
  const [along] = axesOf(axis, x);
  const outer = between(x.shape, 0, along);
  const inner = between(x.shape, along + 1, x.shape.length);
  if (x.dtype !== 'float32' && x.dtype !== 'int32') return refuse(product ? 'Cumprod' : 'Cumsum', x);
  const out = makeOutput(x.shape, x.dtype);
  const { [along]: n } = x.shape;
  const [exclude, backwards] = [exclusive ? 1 : 0, reverse ? 1 : 0];
  if (x.dtype === 'int32')
    raw().scanInt(product, exclude, backwards, outer, n, inner, address(x), address(out));
  else raw().scan(product, exclude, backwards, outer, n, inner, address(x), address(out));
  return out;
}

interface ReduceAttrs {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** Sums, means, products, extremes and truth along axes, and running sums and products. */
export const reduceKernels: readonly KernelConfig[] = [
  ...(Object.keys(integerFunctions) as (keyof typeof integerFunctions)[]).map((name) =>
    kernel<Unary, ReduceAttrs>(
      name,
      // `Max` names its axes otherwise.
      ({ inputs: { x }, attrs: { reductionIndices, axis = reductionIndices, keepDims = false } }) =>
        reduceAs(name, x, axis, keepDims),
    ),
  ),
  kernel<Unary, ReduceAttrs>('Mean', ({ inputs: { x }, attrs: { axis, keepDims = false } }) =>
    mean(x, axis, keepDims),
  ),
  ...(['Any', 'All'] as const).map((name, all) =>
    kernel<Unary, ReduceAttrs>(name, ({ inputs: { x }, attrs: { axis, keepDims = false } }) =>
      reduce(x, axesOf(axis, x), keepDims, (outer, n, inner, from, to) => {
        raw().reduceTruth(all, outer, n, inner, from, to);
      }),
    ),
  ),
  kernel<Unary, Scan>('Cumsum', ({ inputs: { x }, attrs }) => scan(0, x, attrs)),
  kernel<Unary, Scan>('Cumprod', ({ inputs: { x }, attrs }) => scan(1, x, attrs)),
];
