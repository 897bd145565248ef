import { clone, engine, Tensor, tidy } from '@tensorflow/tfjs-core';
import { guard } from '../backend/finalization.js';
import { tensorIdMark } from '../backend/engine.js';
import { leaves, map, type Tree } from './tree.js';

/** Copies the leaves of a result that are not its own: made before `mark`, or met before in the result. */
export function ownLeaves<T>(result: T, mark: number): T {
  const seen = new Set<unknown>();
  return map((leaf: Tensor) => {
    if (!(leaf instanceof Tensor)) return leaf;
    const own = leaf.id < mark || seen.has(leaf) ? clone(leaf) : leaf;
    seen.add(own);
    return own;
  }, result) as T;
}

/**
 * Has the tensors of a result freed when the user drops it without disposal.
 * Nothing to do within a tidy scope, which frees what it made itself.
 */
export function guardLeaves<T>(result: T): T {
  if (engine().state.activeScope == null) {
    for (const leaf of leaves(result as Tree<unknown>)) if (leaf instanceof Tensor) guard(leaf);
  }
  return result;
}

/** Runs `f` in a tidy scope; what it returns is the caller's, and shares no handle with what `f` was given. */
export function tidyOwned<T>(f: () => T): T {
  return guardLeaves(
    tidy(() => {
      const mark = tensorIdMark();
      return ownLeaves(f(), mark) as T & Tensor;
    }),
  );
}
