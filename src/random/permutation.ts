import { gather, Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { drawWords } from './draw.js';
import type { PRNGKey } from './key.js';
import { perform, refuseArgument, type WithScheme } from './perform.js';
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

/** The numbers from 0 to `n − 1` in random order. Sorted by random words, often enough that equal words are of no account. */
export function drawPermutation(key: PRNGKey, n: number, scheme: Scheme): Int32Array {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, n))) / Math.log(2 ** 32 - 1));
  let values: Int32Array = Int32Array.from({ length: n }, (_, i) => i);
  let current = key;
  for (let round = 0; round < rounds; round++) {
    const [next, sub] = derived(current, 2, scheme);
    current = next;
    values = sortByKeys(drawWords(sub, n, scheme), values);
  }
  return values;
}

/** Options of {@link permutation}. */
export interface PermutationOptions {
  /** The axis to shuffle along. Default 0. */
  readonly axis?: number;
}

const operation: RandomOperation<{ readonly n: number; readonly axis: number } & WithScheme, Tensor> = {
  name: 'permutation',
  run: ({ keys: [key], tensors, attributes: { n, axis, scheme } }) =>
    tidy(() => {
      const order = tensor(drawPermutation(key, n, scheme), [n], 'int32');
      return tensors.length === 0 ? order : gather(tensors[0], order, axis);
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
      `expected a whole number from 0 or a tensor of at least one axis, but got ${String(n)}.`,
    );
  }
  return n as number;
}

/**
 * The numbers from 0 to `n − 1` in random order (int32), or a tensor shuffled along an axis, as `jax.random.permutation`.
 * Slices along the axis stay whole.
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
    return perform(operation, key, { n, axis: 0 });
  }
  const axis = checkAxis('permutation', options.axis ?? 0, nOrTensor.rank);
  return perform(operation, key, { n: nOrTensor.shape[axis], axis }, [nOrTensor]);
}
