import { gather, reshape, Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { abstractTensor } from '../backend/shapes/abstract.js';
import { drawWords } from './draw.js';
import type { PRNGKey } from './key.js';
import { perform, refuseArgument, sizeOf, type WithScheme } from './perform.js';
import { derived, type Scheme } from './schemes.js';

/** Sorts `values` by `keys`, smallest first, equal keys in their order: radix sort, a byte at a time. */
function sortByKeys(keys: Uint32Array, values: Int32Array): Int32Array {
  let fromKeys = keys;
  let fromValues = values;
  let toKeys: Uint32Array = new Uint32Array(keys.length);
  let toValues: Int32Array = new Int32Array(values.length);
  const starts = new Uint32Array(257);
  for (let shift = 0; shift < 32; shift += 8) {
    starts.fill(0);
    for (const key of fromKeys) starts[((key >>> shift) & 255) + 1]++;
    for (let byte = 0; byte < 256; byte++) starts[byte + 1] += starts[byte];
    for (let i = 0; i < fromKeys.length; i++) {
      const to = starts[(fromKeys[i] >>> shift) & 255]++;
      toKeys[to] = fromKeys[i];
      toValues[to] = fromValues[i];
    }
    [fromKeys, toKeys] = [toKeys, fromKeys];
    [fromValues, toValues] = [toValues, fromValues];
  }
  return fromValues;
}

/** How often `n` things must be sorted by random words until words that happen to be equal are of no account. */
function rounds(n: number): number {
  return Math.ceil((3 * Math.log(Math.max(1, n))) / Math.log(2 ** 32 - 1));
}

/** The numbers from 0 to `n − 1` in random order. */
export function drawPermutation(key: PRNGKey, n: number, scheme: Scheme): Int32Array {
  return drawRowPermutations(key, [n], 0, scheme);
}

/** The numbers from 0 to the size of `shape`, those of each row along `axis` in a random order of its own. */
function drawRowPermutations(
  key: PRNGKey,
  shape: readonly number[],
  axis: number,
  scheme: Scheme,
): Int32Array {
  const size = sizeOf(shape);
  const length = shape[axis];
  const stride = sizeOf(shape.slice(axis + 1));
  const places = new Int32Array(length);
  let values: Int32Array = Int32Array.from({ length: size }, (_, i) => i);
  let current = key;
  for (let round = rounds(size); round > 0; round--) {
    const [next, sub] = derived(current, 2, scheme);
    current = next;
    const words = drawWords(sub, size, scheme);
    if (length === size) {
      values = sortByKeys(words, values);
      continue;
    }
    for (let row = 0; row < size / length; row++) {
      const start = Math.floor(row / stride) * stride * length + (row % stride);
      for (let i = 0; i < length; i++) places[i] = start + i * stride;
      const sorted = sortByKeys(
        Uint32Array.from(places, (place) => words[place]),
        Int32Array.from(places, (place) => values[place]),
      );
      for (let i = 0; i < length; i++) values[places[i]] = sorted[i];
    }
  }
  return values;
}

/** Options of {@link permutation}. */
export interface PermutationOptions {
  /** The axis to shuffle along. Default 0. */
  readonly axis?: number;
  /** Whether each row along the axis is shuffled in its own way. Default `false`: slices along the axis stay whole. */
  readonly independent?: boolean;
}

interface Attributes extends WithScheme {
  /** Number of things, or the shape of the tensor whose rows are shuffled one by one. */
  readonly shape: number[];
  /** Of the tensor, if there is one. */
  readonly axis: number;
  readonly independent: boolean;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'permutation',
  abstract: ({ tensors: [from], attributes: { shape } }) =>
    from === undefined ? abstractTensor(shape, 'int32') : abstractTensor(from.shape, from.dtype),
  run: ({ keys: [key], tensors, attributes: { shape, axis, independent, scheme } }) =>
    tidy(() => {
      const order = drawRowPermutations(key, shape, independent ? axis : 0, scheme);
      const indices = tensor(order, shape, 'int32');
      if (tensors.length === 0) return indices;
      const [from] = tensors;
      return independent ? gather(reshape(from, [from.size]), indices) : gather(from, indices, axis);
    }),
};

/** An axis counted from the front. @throws `random-argument-invalid` */
export function checkAxis(caller: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    refuseArgument(caller, `axis ${axis} does not exist in an array of rank ${rank}.`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** A count of things to choose from. @throws `random-argument-invalid` */
export function checkCount(caller: string, n: unknown): number {
  if (!Number.isSafeInteger(n) || (n as number) < 0) {
    refuseArgument(
      caller,
      `needs a whole number from 0 or a tensor of at least one axis, but got ${String(n)}.`,
    );
  }
  return n as number;
}

/**
 * The numbers from 0 to `n − 1` in random order (int32), or a tensor shuffled along an axis, as `jax.random.permutation`.
 *
 * @throws `key-invalid`; `random-argument-invalid`
 */
export function permutation(
  key: PRNGKey,
  nOrTensor: number | Tensor,
  options: PermutationOptions = {},
): Tensor {
  if (!(nOrTensor instanceof Tensor) || nOrTensor.rank === 0) {
    const n = checkCount('permutation', nOrTensor);
    checkAxis('permutation', options.axis ?? 0, 1);
    return perform(operation, key, { shape: [n], axis: 0, independent: false });
  }
  const { shape } = nOrTensor;
  const axis = checkAxis('permutation', options.axis ?? 0, shape.length);
  const independent = options.independent ?? false;
  return perform(operation, key, { shape: independent ? [...shape] : [shape[axis]], axis, independent }, [
    nOrTensor,
  ]);
}
