import { cast, gather, scalar, stack, sum, Tensor, unstack, zeros } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import { isKey, type PRNGKey } from '../random/key.js';
import { isNode, map, mapChildren } from '../tree/tree.js';

/**
 * The nesting of one element of a batched nesting: tensors lose the batch axis, an array of keys gives one key.
 */
export type ElementOf<X> = X extends readonly PRNGKey[]
  ? PRNGKey
  : X extends Tensor
    ? Tensor
    : X extends null | undefined
      ? X
      : { [K in keyof X]: ElementOf<X[K]> };

/** The nesting of many elements: tensors get a batch axis, numbers become tensors, keys an array of keys. */
export type StackedOf<Y> = Y extends PRNGKey
  ? PRNGKey[]
  : Y extends Tensor | number | boolean
    ? Tensor
    : Y extends null | undefined
      ? Y
      : { -readonly [K in keyof Y]: StackedOf<Y[K]> };

/** A leaf with a batch axis. Keys are no tensors: a batch of them is an array. */
type Batch = Tensor | readonly PRNGKey[];

function isKeyBatch(node: unknown): node is readonly PRNGKey[] {
  return Array.isArray(node) && node.length > 0 && node.every(isKey);
}

function mapBatches<R>(f: (batch: Batch, path: string) => R, tree: unknown, path = ''): unknown {
  if (tree === null || tree === undefined) return tree;
  if (isKeyBatch(tree) || isTensor(tree)) return f(tree, path);
  if (!isNode(tree)) {
    throw new TankaError(
      'batch-leaf',
      `The leaf '${path}' has no axis: it is ${whatIs(tree)}. Pass tensors or keys in plain objects and arrays.`,
    );
  }
  return mapChildren(tree, (child, key) => mapBatches(f, child, path === '' ? key : `${path}/${key}`));
}

function sizeOf(batch: Batch, axis: number, path: string): number {
  if (!isTensor(batch)) return batch.length;
  const size = batch.shape[axis < 0 ? axis + batch.rank : axis];
  if (size === undefined) {
    throw new TankaError(
      'batch-leaf',
      `The leaf '${path}' has shape [${String(batch.shape)}] and so no axis ${axis}.`,
    );
  }
  return size;
}

/** The sizes of all leaves along an axis, by path. */
export function batchSizes(tree: unknown, axis = 0): Map<string, number> {
  const sizes = new Map<string, number>();
  mapBatches((batch, path) => sizes.set(path, sizeOf(batch, axis, path)), tree);
  return sizes;
}

/**
 * The elements of a batched nesting along an axis, each of the same nesting. All leaves have size `size` there; without any, element 0
 * is one of zeros.
 */
export function elementsOf(tree: unknown, size: number, axis = 0): (i: number) => unknown {
  const rowsOf = (batch: Tensor): Tensor[] =>
    size === 0 ? [cast(sum(batch, axis), batch.dtype)] : unstack(batch, axis);
  const rows = mapBatches((batch) => new Holder(isTensor(batch) ? rowsOf(batch) : batch), tree);
  return (i) => map((leaf: never) => (leaf as Holder<readonly unknown[]>).value[i], rows);
}

/** A leaf to the tree functions, whatever it holds. */
class Holder<T = unknown> {
  constructor(readonly value: T) {}
}

function stackLeaves(leaves: readonly unknown[], axis: number): unknown {
  const [first] = leaves;
  if (isTensor(first)) return stack(leaves as Tensor[], axis);
  if (isKey(first)) return leaves;
  if (typeof first === 'number')
    return stack(
      leaves.map((leaf) => scalar(leaf as number)),
      axis,
    );
  if (typeof first === 'boolean')
    return stack(
      leaves.map((leaf) => scalar(leaf as boolean, 'bool')),
      axis,
    );
  throw new TankaError(
    'batch-leaf',
    `A result has the leaf ${whatIs(first)}, which cannot be stacked. Return tensors, numbers or keys in plain objects and arrays.`,
  );
}

/** One nesting whose leaves are those of `trees`, stacked along an axis; of size 0, where one tree stands for none. */
export function stackTrees(trees: readonly unknown[], axis = 0, size = trees.length): unknown {
  const [first, ...rest] = trees;
  return map(
    (...leaves: never[]) => {
      const stacked = stackLeaves(leaves, axis);
      if (size > 0) return stacked;
      return isTensor(stacked) ? gather(stacked, zeros([0], 'int32'), axis) : [];
    },
    first,
    ...rest,
  );
}

/** An element of zeros, for a batch that has none. */
export function zeroElement(tree: unknown): unknown {
  return mapBatches(
    (batch) => (isTensor(batch) ? zeros(batch.shape.slice(1), batch.dtype as 'float32') : new Uint32Array(2)),
    tree,
  );
}

/** What makes, later, a nesting of tensors like those of `tree` with a batch axis of size 0 in front. */
export function emptyBatch(tree: unknown): () => unknown {
  const makers = map((leaf: Tensor | number | boolean) => {
    const shape = isTensor(leaf) ? leaf.shape : [];
    const dtype = isTensor(leaf) ? leaf.dtype : typeof leaf === 'boolean' ? 'bool' : 'float32';
    return isKey(leaf) ? () => [] : () => zeros([0, ...shape], dtype as 'float32');
  }, tree as never);
  return () => map((make: never) => (make as () => unknown)(), makers);
}
