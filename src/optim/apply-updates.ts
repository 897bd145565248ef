import { add, mul, sqrt, square, sum, addN, scalar, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { tidyOwned } from '../tree/owned.js';
import { leaves, type Tree } from '../tree/tree.js';
import { mapUpdates } from './map-updates.js';
import type { Updates } from './transformation.js';

/** Adds updates to parameters: `params + updates`, in new tensors. */
export function applyUpdates<P>(params: P, updates: P): P {
  return tidyOwned(() => mapUpdates((p, u) => add(p, u), params as Updates, updates as Updates)) as P;
}

/** `stepSize · new + (1 - stepSize) · old`: an exponential moving average of parameters, one step a call. */
export function incrementalUpdate<P>(newTree: P, oldTree: P, stepSize: number): P {
  return tidyOwned(() =>
    mapUpdates((a, b) => add(mul(a, stepSize), mul(b, 1 - stepSize)), newTree as Updates, oldTree as Updates),
  ) as P;
}

/** Copies of the new tree in every `updatePeriod`-th step, and of the old one in the others. */
export function periodicUpdate<P>(newTree: P, oldTree: P, steps: number, updatePeriod: number): P {
  return tidyOwned(() => (steps % updatePeriod === 0 ? newTree : oldTree));
}

/** Square root of the sum of all squares of a tree, a scalar tensor; 0 for an empty tree. */
export function globalNorm(tree: Updates): Tensor {
  return tidyOwned(() => {
    const squares = leaves(tree as Tree<Tensor>).map((leaf) => tidy(() => sum(square(leaf))));
    return squares.length === 0 ? scalar(0) : sqrt(addN(squares));
  });
}
