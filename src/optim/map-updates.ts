import type { Tensor } from '@tensorflow/tfjs-core';
import { map } from '../tree/tree.js';
import type { Updates } from './transformation.js';

/** {@link map} over trees whose nesting the types do not know. */
export function mapUpdates(
  f: (...leaves: Tensor[]) => Tensor,
  tree: Updates,
  ...rest: readonly Updates[]
): Updates {
  return map(f, tree as Tensor, ...rest);
}
