import type { RandomOperation } from '../backend/recordable.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, sizeOf, type WithScheme } from './perform.js';
import { derived } from './schemes.js';

/** Keys, or nulls where there was no key, in nested arrays of a shape. */
export type Keys<Key extends PRNGKey | null> = (Key | Keys<Key>)[];

const operation: RandomOperation<{ readonly count: number } & WithScheme, PRNGKey[]> = {
  name: 'split',
  run: ({ keys: [key], attributes: { count, scheme } }) => derived(key, count, scheme),
};

/**
 * New keys from one, in a row.
 *
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function splitInto(key: PRNGKey, num: number): PRNGKey[] {
  return perform(operation, key, { count: sizeOf(checkShape('split', [num])) });
}

function nested<Key extends PRNGKey | null>(flat: readonly Key[], shape: readonly number[]): Keys<Key> {
  const [size, ...rest] = shape;
  if (rest.length === 0) return [...flat];
  const step = sizeOf(rest);
  return Array.from({ length: size }, (_, i) => nested(flat.slice(i * step, (i + 1) * step), rest));
}

/**
 * `num` new keys from one, as `jax.random.split`; nested arrays of keys when `num` is a shape.
 * The first keys do not depend on `num`, and `split(key, n)[i]` is `foldIn(key, i)` (not so with `threefryPartitionable: false`).
 * From `null` it makes nulls, so that functions written for a key run without one as long as no number is drawn.
 *
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function split<Key extends PRNGKey | null>(key: Key, num?: number): Key[];
export function split<Key extends PRNGKey | null>(key: Key, num: readonly []): Key;
export function split<Key extends PRNGKey | null>(key: Key, num: readonly number[]): Keys<Key>;
export function split(
  key: PRNGKey | null,
  num: number | readonly number[] = 2,
): PRNGKey | null | Keys<PRNGKey | null> {
  const shape = checkShape('split', typeof num === 'number' ? [num] : num);
  const count = sizeOf(shape);
  const flat = key === null ? new Array<null>(count).fill(null) : perform(operation, key, { count });
  return shape.length === 0 ? flat[0] : nested<PRNGKey | null>(flat, shape);
}
