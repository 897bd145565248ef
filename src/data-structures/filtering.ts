import { whatIs } from '../backend/what-is.js';
import { TankaError } from '../errors/tanka-error.js';
import { collect as toObject, entriesIn } from '../module/frame.js';
import { compareCodePoints } from '../tree/tree.js';

/** Parameters, state, or anything else by module name and entry name. */
export type Bundles<V> = Readonly<Record<string, Readonly<Record<string, V>>>>;

/** An entry with the names that lead to it. */
export type Entry<V> = readonly [moduleName: string, name: string, value: V];

type Mutable<V> = Record<string, Record<string, V>>;

function sorted<V>(object: Readonly<Record<string, V>>): [string, V][] {
  return Object.entries(object).sort(([a], [b]) => compareCodePoints(a, b));
}

/** The entries, sorted by module name, then by name. */
export function* traverse<V>(structure: Bundles<V>): Generator<Entry<V>, void, undefined> {
  for (const [moduleName, bundle] of sorted(structure)) {
    for (const [name, value] of sorted(bundle)) yield [moduleName, name, value];
  }
}

function collect<V>(entries: Iterable<Entry<V>>): Mutable<V> {
  const bundles = new Map<string, Map<string, V>>();
  for (const [moduleName, name, value] of entries) {
    entriesIn(bundles, moduleName).set(name, value);
  }
  return toObject(bundles, (value) => value);
}

/**
 * Deals the entries out to `n` structures: `f` says to which, counted from 0. Modules without entries are left out; tensors are
 * not copied.
 *
 * @throws `partition-outside` for a number that is none of them
 */
export function partitionN<V>(
  f: (moduleName: string, name: string, value: V) => number,
  structure: Bundles<V>,
  n: number,
): Mutable<V>[] {
  const parts: Entry<V>[][] = Array.from({ length: n }, () => []);
  for (const entry of traverse(structure)) {
    const at = f(...entry);
    const part = parts[at] as Entry<V>[] | undefined;
    if (part === undefined) {
      throw new TankaError(
        'partition-outside',
        `partitionN has the parts 0 to ${n - 1}, but '${entry[0]}/${entry[1]}' was to go to ${String(at)}. Ask for more parts, or return one of them.`,
      );
    }
    part.push(entry);
  }
  return parts.map(collect);
}

/** Parts the entries into those for which `predicate` holds and the others. */
export function partition<V>(
  predicate: (moduleName: string, name: string, value: V) => boolean,
  structure: Bundles<V>,
): [matching: Mutable<V>, others: Mutable<V>] {
  const [matching, others] = partitionN((...entry) => (predicate(...entry) ? 0 : 1), structure, 2);
  return [matching, others];
}

/** The entries for which `predicate` holds. */
export function filter<V>(
  predicate: (moduleName: string, name: string, value: V) => boolean,
  structure: Bundles<V>,
): Mutable<V> {
  return collect([...traverse(structure)].filter((entry) => predicate(...entry)));
}

/** What `f` makes of each entry. */
export function map<V, R>(
  f: (moduleName: string, name: string, value: V) => R,
  structure: Bundles<V>,
): Mutable<R> {
  return collect([...traverse(structure)].map((entry): Entry<R> => [entry[0], entry[1], f(...entry)]));
}

function isOptions(value: object): value is { checkDuplicates: boolean } {
  return typeof (value as { checkDuplicates?: unknown }).checkDuplicates === 'boolean';
}

/**
 * One structure of the entries of all; of two entries with the same names the later one counts.
 *
 * @param structures the structures, and if wanted `{ checkDuplicates: true }` at the end: then entries with the same names must
 * have the same shape and dtype
 * @throws `merge-duplicate`
 */
export function merge<V>(
  ...structures: readonly (Bundles<V> | { readonly checkDuplicates: boolean })[]
): Mutable<V> {
  const checkDuplicates = structures.some((structure) => isOptions(structure) && structure.checkDuplicates);
  const merged = new Map<string, Entry<V>>();
  for (const structure of structures) {
    if (isOptions(structure)) continue;
    for (const entry of traverse(structure as Bundles<V>)) {
      const key = JSON.stringify(entry.slice(0, 2));
      const before = merged.get(key);
      if (checkDuplicates && before !== undefined && whatIs(before[2]) !== whatIs(entry[2])) {
        throw new TankaError(
          'merge-duplicate',
          `'${entry[0]}/${entry[1]}' is in two structures, as ${whatIs(before[2])} and as ${whatIs(entry[2])}. ` +
            'Merge structures that agree, or leave checkDuplicates out: the last counts.',
        );
      }
      merged.set(key, entry);
    }
  }
  return collect(merged.values());
}
