import { isNode } from '../tree/tree.js';
import { describeLeaf } from './leaves.js';

/** Where two trees differ. */
export interface Mismatch {
  readonly path: readonly string[];
  readonly expected: string;
  readonly received: string;
}

/** How a node reads in a message. */
export function describeNode(node: unknown): string {
  if (node === null || node === undefined) return 'null';
  if (!isNode(node)) return describeLeaf(node);
  if (Array.isArray(node)) return `an array of ${node.length}`;
  return `an object with keys [${Object.keys(node).join(', ')}]`;
}

function kind(node: unknown): 'none' | 'leaf' | 'array' | 'object' {
  if (node === null || node === undefined) return 'none';
  if (!isNode(node)) return 'leaf';
  return Array.isArray(node) ? 'array' : 'object';
}

/**
 * Finds the first place where the nesting of `received` is not that of `expected`: null against null, leaf against leaf,
 * arrays of one length, objects of the same keys. `visit` sees each pair of leaves before that place.
 */
export function findMismatch(
  expected: unknown,
  received: unknown,
  visit: (path: readonly string[], expected: unknown, received: unknown) => void = () => undefined,
  path: readonly string[] = [],
): Mismatch | null {
  const shape = kind(expected);
  const differ = { path, expected: describeNode(expected), received: describeNode(received) };
  if (shape !== kind(received)) return differ;
  if (shape === 'none') return null;
  if (shape === 'leaf') {
    visit(path, expected, received);
    return null;
  }
  const a = expected as Readonly<Record<string, unknown>>;
  const b = received as Readonly<Record<string, unknown>>;
  const keys = Object.keys(a);
  const same = Object.keys(b).length === keys.length && keys.every((key) => Object.hasOwn(b, key));
  if (!same) return differ;
  for (const key of keys) {
    const mismatch = findMismatch(a[key], b[key], visit, [...path, key]);
    if (mismatch !== null) return mismatch;
  }
  return null;
}
