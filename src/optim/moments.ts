import {
  abs,
  add,
  cast,
  fill,
  less,
  maximum,
  mul,
  pow,
  scalar,
  square,
  sub,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { structure, unflatten } from '../tree/tree.js';
import { mapUpdates } from './map-updates.js';
import type { Updates } from './transformation.js';

/** Zeros in the shapes of a tree. */
export function zerosTree(tree: Updates): Updates {
  return mapUpdates((leaf: Tensor) => zerosLike(leaf), tree);
}

/** One value in the shapes of a tree. */
export function fullTree(tree: Updates, value: number): Updates {
  return mapUpdates((leaf: Tensor) => fill(leaf.shape, value), tree);
}

/** Applies `f` to the leaves of several trees together and returns as many trees as `f` returns tensors. */
export function mapTogether<Row extends readonly Tensor[]>(
  f: (...leaves: Tensor[]) => Row,
  tree: Updates,
  ...rest: Updates[]
): { [K in keyof Row]: Updates } {
  const columns: Tensor[][] = [];
  // The function runs in the order in which unflatten takes leaves.
  const nesting = structure(
    mapUpdates(
      (...leaves) => {
        f(...leaves).forEach((value, i) => (columns[i] ??= []).push(value));
        return leaves[0];
      },
      tree,
      ...rest,
    ),
  );
  // A tree without leaves never told how many trees there are to be; more than asked for do no harm.
  if (columns.length === 0)
    return new Array<Updates>(8).fill(tree) as unknown as { [K in keyof Row]: Updates };
  return columns.map((column) => unflatten(nesting, column)) as unknown as { [K in keyof Row]: Updates };
}

/** Exponential moving average of gradients: `(1 - decay) g + decay m`. */
export function updateMoment(g: Tensor, moment: Tensor, decay: number): Tensor {
  return add(mul(g, 1 - decay), mul(moment, decay));
}

/** Exponential moving average of squared gradients. */
export function updateSquareMoment(g: Tensor, moment: Tensor, decay: number): Tensor {
  return updateMoment(square(g), moment, decay);
}

/** Decayed maximum of magnitudes: `max(|g| + eps, decay m)`. */
export function updateInfinityMoment(g: Tensor, moment: Tensor, decay: number, eps: number): Tensor {
  return maximum(add(abs(g), eps), mul(moment, decay));
}

/** A count of steps: int32, because it is saved and must stay exact. */
export function zeroCount(): Tensor {
  return scalar(0, 'int32');
}

/** The next count; it stays at the largest int32 instead of wrapping. */
export function increment(count: Tensor): Tensor {
  return add(count, cast(less(count, scalar(0x7fffffff, 'int32')), 'int32'));
}

/** What divides a moment that began at zero: `1 - decay ^ count`, a scalar tensor. */
export function biasCorrection(decay: number, count: Tensor): Tensor {
  return sub(1, pow(scalar(decay), cast(count, 'float32')));
}
