import { zeros, type serialization } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import type { Structure } from '../../tree/tree.js';
import { pathText, type Leaf, type LeafTree, type WeightDType } from '../leaves.js';
import { registered, registeredName } from '../registry.js';
import { show } from '../signature.js';

/**
 * Text that survives a config: tfjs-layers changes the case of every string and key on the way to a file and back, but for the
 * values of keys called `name`.
 */
export interface Verbatim extends serialization.ConfigDict {
  name: string;
}

export function verbatim(text: string): Verbatim {
  return { name: text };
}

/** The text, or `null` where there is none. */
export function textOf(value: unknown): string | null {
  const name = (value as Partial<Verbatim> | null | undefined)?.name;
  return typeof name === 'string' ? name : null;
}

/** A value that a config keeps as JSON. */
export function fromJson<T>(value: unknown): T | null {
  const text = textOf(value);
  return text === null ? null : (JSON.parse(text) as T);
}

export function toJson(value: unknown): Verbatim {
  return verbatim(JSON.stringify(value));
}

type SavedLeaf =
  | {
      readonly path: readonly string[];
      readonly shape: number[];
      readonly dtype: WeightDType;
      readonly key: boolean;
    }
  | { readonly path: readonly string[]; readonly text: string }
  | { readonly path: readonly string[]; readonly registered: string };

/** A tree as a file keeps it: its nesting, the shapes of its weights, the text or the registered names of its configuration. */
export interface SavedTree {
  readonly structure: Structure;
  readonly leaves: readonly SavedLeaf[];
}

/** @throws `wrapper-function-unregistered`, `wrapper-leaf-invalid` for configuration that a file cannot hold */
export function saveTree(tree: LeafTree | null, root: string): SavedTree | null {
  if (tree === null) return null;
  const leaves = tree.leaves.map((leaf): SavedLeaf => {
    const { path } = leaf;
    if (leaf.kind === 'tensor') {
      const { shape, dtype } = leaf.tensor;
      return { path, shape, dtype: dtype as WeightDType, key: leaf.key };
    }
    const { value } = leaf;
    if (typeof value === 'string') return { path, text: value };
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      return { path, registered: registeredName(value, pathText(root, path)) };
    }
    throw new TankaError(
      'wrapper-leaf-invalid',
      `The leaf '${pathText(root, path)}' is ${show(value)}, which a file cannot hold. Keep it in the function, or write it as text.`,
    );
  });
  return { structure: tree.structure, leaves };
}

/** The tree of a file, its weights zeros: their values are read afterwards. */
export function restoreTree({ structure, leaves }: SavedTree): LeafTree {
  return {
    structure,
    leaves: leaves.map((leaf): Leaf => {
      const { path } = leaf;
      if ('text' in leaf) return { kind: 'configuration', path, value: leaf.text };
      if ('registered' in leaf) return { kind: 'configuration', path, value: registered(leaf.registered) };
      return { kind: 'tensor', path, tensor: zeros(leaf.shape, leaf.dtype), key: leaf.key };
    }),
  };
}
