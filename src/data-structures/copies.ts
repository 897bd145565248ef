import { isNode, map } from '../tree/tree.js';
import type { Bundles } from './filtering.js';

type Copy<V> = Record<string, Record<string, V>>;

/** A copy of both levels, and of nestings below them; tensors are not copied. */
export function toHaikuDict<V>(structure: Bundles<V>): Copy<V> {
  return map((leaf: never) => leaf as unknown, structure as never);
}

/** {@link toHaikuDict}: a copy that may be changed. */
export function toMutableDict<V>(structure: Bundles<V>): Copy<V> {
  return toHaikuDict(structure);
}

function freeze(node: unknown): void {
  if (!isNode(node)) return;
  Object.values(node).forEach(freeze);
  Object.freeze(node);
}

/** A copy that cannot be changed: writing to it throws. Tensors are not copied. */
export function toImmutableDict<V>(structure: Bundles<V>): Bundles<V> {
  const copy = toHaikuDict(structure);
  freeze(copy);
  return copy;
}
