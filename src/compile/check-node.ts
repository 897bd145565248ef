import { sizeOf, type KernelNode, type View } from './graph.js';

type Check = (
  inputs: Readonly<Record<string, View>>,
  attributes: Readonly<Record<string, unknown>>,
) => boolean;

function isIntegers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isInteger(n));
}

function axisOf(value: unknown, rank: number): number {
  const axis = Number.isInteger(value) ? (value as number) : NaN;
  return axis < 0 ? axis + rank : axis;
}

function convolves({ x, filter }: Readonly<Record<string, View>>): boolean {
  return x?.shape.length === 4 && filter?.shape.length === 4 && filter.shape[2] === x.shape[3];
}

function joins(parts: readonly View[], axis: number): boolean {
  const [first] = parts;
  return (
    axis >= 0 &&
    parts.every(
      ({ shape, dtype }) =>
        dtype === first.dtype &&
        shape.length === first.shape.length &&
        shape.every((n, i) => i === axis || n === first.shape[i]),
    )
  );
}

function isOfRows({ x, scale, offset }: Readonly<Record<string, View>>): boolean {
  const n = x?.shape.at(-1);
  return [scale, offset].every((view) => view === undefined || sizeOf(view.shape) === n);
}

/** What the loops of a kernel take for granted, because the operations of TensorFlow.js check it before they call it. */
const checks: Readonly<Record<string, Check>> = {
  Conv2D: convolves,
  FusedConv2D: convolves,
  DepthwiseConv2dNative: convolves,
  FusedDepthwiseConv2D: convolves,
  TankaLayerNorm: isOfRows,
  Concat: (inputs, { axis }) => {
    const parts = Object.values(inputs);
    return parts.length > 0 && joins(parts, axisOf(axis, parts[0].shape.length));
  },
  Pack: (inputs) => {
    const parts = Object.values(inputs);
    return parts.length > 0 && joins(parts, Infinity);
  },
  Slice: ({ x }, { begin, size }) => {
    const rank = x?.shape.length ?? 0;
    const from = Array.isArray(begin) ? (begin as unknown[]) : [begin];
    const count = Array.isArray(size)
      ? (size as unknown[])
      : size === undefined || size === null
        ? []
        : [size];
    return (
      isIntegers(from, from.length) &&
      isIntegers(count, count.length) &&
      from.length <= rank &&
      count.length <= rank &&
      from.every((n, axis) => n >= 0 && n <= x.shape[axis]) &&
      count.every((n, axis) => n === -1 || (n >= 0 && (from[axis] ?? 0) + n <= x.shape[axis]))
    );
  },
  PadV2: ({ x }, { paddings }) =>
    Array.isArray(paddings) &&
    paddings.length === x?.shape.length &&
    paddings.every((pair) => isIntegers(pair, 2) && pair.every((n) => n >= 0)),
  Transpose: ({ x }, { perm }) => {
    const rank = x?.shape.length ?? -1;
    return (
      isIntegers(perm, rank) && new Set(perm).size === rank && perm.every((axis) => axis >= 0 && axis < rank)
    );
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }) => {
    const length = x?.shape[axisOf(axis, x.shape.length)];
    if (length === undefined) return false;
    if (!Array.isArray(numOrSizeSplits)) return length % (numOrSizeSplits as number) === 0;
    const sizes = numOrSizeSplits as number[];
    return (
      isIntegers(sizes, sizes.length) &&
      sizes.every((n) => n >= 0) &&
      sizes.reduce((a, b) => a + b, 0) === length
    );
  },
  Unpack: ({ value }, { axis }) => value?.shape[axisOf(axis, value.shape.length)] !== undefined,
};

/** Attributes that say where and how far kernels reach, and the smallest number in each. */
const geometry: Readonly<Record<string, number>> = {
  axis: -8,
  begin: -1e5,
  blockShape: 1,
  crops: 0,
  depth: 0,
  dilations: 1,
  dims: -8,
  end: -1e5,
  filterSize: 1,
  pad: 0,
  paddings: 0,
  reps: 0,
  size: -1,
  strides: 1,
};

/** Nestings of whole numbers that no shape of a network goes beyond; words as `'same'` and missing ones are for the kernel to judge. */
function isReasonable(value: unknown, smallest: number): boolean {
  if (Array.isArray(value)) return value.every((one) => isReasonable(one, smallest));
  if (typeof value !== 'number') return value === undefined || value === null || typeof value === 'string';
  return Number.isInteger(value) && value >= smallest && value <= 1e5;
}

/** Whether the inputs of a node of a file go together, as far as its kernel would not notice itself. */
export function isConsistent(node: KernelNode): boolean {
  const check = checks[node.name] as Check | undefined;
  const { attributes } = node;
  for (const [name, smallest] of Object.entries(geometry)) {
    // A strided slice may run backwards.
    const least = name === 'strides' && node.name === 'StridedSlice' ? -1e5 : smallest;
    if (!isReasonable(attributes[name], least)) return false;
  }
  if (check === undefined) return true;
  try {
    return check(node.inputs as Readonly<Record<string, View>>, attributes);
  } catch {
    // An input is missing, or a list where one is meant.
    return false;
  }
}
