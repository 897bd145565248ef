import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { currentScope, handleOf, isTensor, tensorIdMark } from '../backend/engine.js';
import { guard } from '../backend/finalization.js';
import { disposed } from '../errors/disposed.js';
import { whatIs } from '../backend/what-is.js';
import { TankaError } from '../errors/tanka-error.js';
import { leaves, mapOne, type Tree } from './tree.js';

/** The tensors of a nesting. */
export function tensorsOf(tree: unknown): Tensor[] {
  return leaves(tree as Tree<unknown>).filter(isTensor);
}

/** Tensors in anything but plain objects and arrays cannot be followed: a scope would free them. */
function checkLeaf(leaf: object): void {
  const hidden =
    leaf instanceof Map ||
    leaf instanceof Set ||
    (!ArrayBuffer.isView(leaf) && !('moduleName' in leaf) && Object.values(leaf).some(isTensor));
  if (hidden) {
    throw new TankaError(
      'result-unsupported',
      `The function returned ${whatIs(leaf)}, whose tensors would be freed. ` +
        'Return tensors in plain objects and arrays.',
    );
  }
}

/**
 * Copies the leaves of a result that are not its own: made before `mark`, or met before in the result.
 *
 * @throws `result-unsupported` for tensors in anything but plain objects and arrays; `tensor-disposed`
 */
function ownLeaves<T>(result: T, mark: number): T {
  const seen = new Set<unknown>();
  return mapOne((leaf: Tensor) => {
    if (!isTensor(leaf)) {
      if (typeof leaf === 'object' && leaf !== null) checkLeaf(leaf);
      return leaf;
    }
    if (leaf.isDisposed) throw disposed(`A tensor ${whatIs(leaf)} of the result`);
    const own = leaf.id < mark || seen.has(leaf) ? handleOf(leaf) : leaf;
    seen.add(own);
    return own;
  }, result) as T;
}

/**
 * Has the tensors of a result freed when the user drops it without disposal.
 * Nothing to do within a tidy scope, which frees what it made itself.
 */
export function guardLeaves<T>(result: T): T {
  if (currentScope() === undefined) tensorsOf(result).forEach(guard);
  return result;
}

/**
 * Runs `f` in a tidy scope that its result outlives.
 *
 * @param escaping lists more tensors that were made since the given mark and outlive the scope
 */
export function tidyTree<T>(f: (mark: number) => T, escaping?: (mark: number) => readonly Tensor[]): T {
  let result: T | undefined;
  // The scope gets a flat list: it would look into typed arrays and miss what it does not know.
  tidy(() => {
    const mark = tensorIdMark();
    result = f(mark);
    return [...tensorsOf(result), ...(escaping?.(mark) ?? [])];
  });
  return result as T;
}

/** Runs `f` in a tidy scope; what it returns is the caller's, and shares no handle with what `f` was given. */
export function tidyOwned<T>(f: () => T, escaping?: (mark: number) => readonly Tensor[]): T {
  return guardLeaves(tidyTree((mark) => ownLeaves(f(), mark), escaping));
}
