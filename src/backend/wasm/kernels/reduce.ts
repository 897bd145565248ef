import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import { address, discard, makeOutput, raw } from '../heap.js';
import { kernel, runKernel } from '../kernel.js';

interface Unary {
  readonly x: TensorInfo;
}

type Axes = number | number[] | undefined;

/** Reduces the middle axis of `[outer, n, inner]`. */
type Reduction = (outer: number, n: number, inner: number, x: number, out: number) => void;

/** Neighbouring axes that are reduced, as `[outer, n, inner]`, the last first. */
function blocks(
  shape: readonly number[],
  axes: readonly number[],
): { outer: number; n: number; inner: number }[] {
  const found = [];
  let end = shape.length;
  let inner = 1;
  while (end > 0) {
    let begin = end;
    while (begin > 0 && axes.includes(begin - 1)) begin--;
    if (begin < end) {
      const n = util.sizeFromShape(shape.slice(begin, end));
      found.push({ outer: util.sizeFromShape(shape.slice(0, begin)), n, inner });
      end = begin;
    } else {
      inner *= shape[end - 1];
      end--;
    }
  }
  return found;
}

/**
 * Reduces any axes, a block of neighbours at a time. `step` says how, and is told which block is the last one.
 */
function reduce(
  x: TensorInfo,
  axis: Axes,
  keepDims: boolean,
  step: (isLast: boolean) => Reduction,
): TensorInfo {
  const axes = util.parseAxisParam(axis as number | number[], x.shape);
  const shape = x.shape
    .map((size, i) => (axes.includes(i) ? (keepDims ? 1 : -1) : size))
    .filter((size) => size >= 0);
  const todo = blocks(x.shape, axes);
  if (todo.length === 0) todo.push({ outer: util.sizeFromShape(x.shape), n: 1, inner: 1 });
  let from = x;
  for (const [i, { outer, n, inner }] of todo.entries()) {
    const isLast = i === todo.length - 1;
    const to = makeOutput(isLast ? shape : [outer, inner], x.dtype);
    step(isLast)(outer, n, inner, address(from), address(to));
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
  Sum: (...args) => {
    raw().reduceSum(...args, 1);
  },
  Prod: (...args) => {
    raw().reduceProd(...args);
  },
  Max: (...args) => {
    raw().reduceMax(...args);
  },
  Min: (...args) => {
    raw().reduceMin(...args);
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
      return reduce(x, axis, keepDims, () => floatFunctions[name]);
    case 'int32':
      return reduce(
        x,
        axis,
        keepDims,
        () =>
          (...args) =>
            raw().reduceInt(integerFunctions[name], ...args),
      );
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
  const axes = util.parseAxisParam(axis as number | number[], x.shape);
  const count = util.sizeFromShape(axes.map((i) => x.shape[i]));
  return reduce(
    x,
    axis,
    keepDims,
    (isLast) =>
      (...args) =>
        raw().reduceSum(...args, isLast ? count : 1),
  );
}

interface Scan {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function scan(product: 0 | 1, x: TensorInfo, { axis, exclusive, reverse }: Scan): TensorInfo {
  const [along] = util.parseAxisParam(axis, x.shape);
  const outer = util.sizeFromShape(x.shape.slice(0, along));
  const inner = util.sizeFromShape(x.shape.slice(along + 1));
  if (x.dtype !== 'float32' && x.dtype !== 'int32') return refuse(product ? 'Cumprod' : 'Cumsum', x);
  const out = makeOutput(x.shape, x.dtype);
  const args = [
    product,
    exclusive ? 1 : 0,
    reverse ? 1 : 0,
    outer,
    x.shape[along],
    inner,
    address(x),
    address(out),
  ] as const;
  if (x.dtype === 'int32') raw().scanInt(...args);
  else raw().scan(...args);
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
      reduce(
        x,
        axis,
        keepDims,
        () =>
          (...args) =>
            raw().reduceTruth(all, ...args),
      ),
    ),
  ),
  kernel<Unary, Scan>('Cumsum', ({ inputs: { x }, attrs }) => scan(0, x, attrs)),
  kernel<Unary, Scan>('Cumprod', ({ inputs: { x }, attrs }) => scan(1, x, attrs)),
];
