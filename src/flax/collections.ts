import type { Tensor } from '@tensorflow/tfjs-core';
import type { Params } from '../module/frame.js';
import { isNode } from '../tree/tree.js';

/** Arrays by module, nested as deep as the modules are. */
export interface FlaxCollection {
  readonly [name: string]: Tensor | FlaxCollection;
}

/** Collections by name: `params`, and others such as `state` or `batch_stats`. */
export type FlaxVariables = Readonly<Record<string, FlaxCollection>>;

/** A nested collection as Haiku's two levels: the names of modules joined by `/`, those of the top level under `~`. */
export function flattenFlaxToHaiku(collection: FlaxCollection): Params {
  const bundles = new Map<string, [string, Tensor][]>();
  const visit = (node: FlaxCollection, path: readonly string[]): void => {
    for (const [name, value] of Object.entries(node)) {
      if (isNode(value)) {
        visit(value, [...path, name]);
        continue;
      }
      const bundle = path.length === 0 ? '~' : path.join('/');
      bundles.set(bundle, [...(bundles.get(bundle) ?? []), [name, value]]);
    }
  };
  visit(collection, []);
  return Object.fromEntries([...bundles].map(([bundle, entries]) => [bundle, Object.fromEntries(entries)]));
}

/** The inverse of {@link flattenFlaxToHaiku}, but that `~` stays a module. */
export function nestHaikuToFlax(bundles: Params): FlaxCollection {
  type Nested = Map<string, Tensor | Nested>;
  const root: Nested = new Map();
  for (const [bundle, entries] of Object.entries(bundles)) {
    let node = root;
    for (const part of bundle.split('/')) {
      const child = (node.get(part) ?? new Map()) as Nested;
      node.set(part, child);
      node = child;
    }
    for (const [name, value] of Object.entries(entries)) node.set(name, value);
  }
  const plain = (node: Nested): FlaxCollection =>
    Object.fromEntries([...node].map(([name, value]) => [name, value instanceof Map ? plain(value) : value]));
  return plain(root);
}
