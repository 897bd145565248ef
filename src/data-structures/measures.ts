import { util } from '@tensorflow/tfjs-core';
import { tensorsOf } from '../tree/owned.js';
import { traverse, type Bundles } from './filtering.js';

/** Whether every entry of `subset` has one of the same names in `superset`. Values are not compared. */
export function isSubset(structures: {
  readonly subset: Bundles<unknown>;
  readonly superset: Bundles<unknown>;
}): boolean {
  const { subset, superset } = structures;
  return [...traverse(subset)].every(
    ([moduleName, name]) => Object.hasOwn(superset, moduleName) && Object.hasOwn(superset[moduleName], name),
  );
}

/** The number of elements of all tensors of a nesting. */
export function treeSize(tree: unknown): number {
  return tensorsOf(tree).reduce((sum, { size }) => sum + size, 0);
}

/** The number of bytes of all tensors of a nesting. */
export function treeBytes(tree: unknown): number {
  return tensorsOf(tree).reduce((sum, { size, dtype }) => sum + size * util.bytesPerElement(dtype), 0);
}
