import { Tensor, tidy } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { guardLeaves } from '../tree/owned.js';
import { leavesWithPath } from '../tree/tree.js';
import { toTensor, type StoredArray } from './stored-array.js';

/** Arrays by module name and parameter name, as Haiku nests them: what {@link loadSafetensors} and {@link loadNpz} return. */
export type Checkpoint = Record<string, Record<string, Tensor>>;

/** Refuses names that would reach the prototype of the objects they are put into. */
export function checkKey(key: string): void {
  if (key.split(/[/.]/).includes('__proto__')) {
    throw new TankaError(
      'checkpoint-key-invalid',
      `The name '${key}' contains '__proto__', which would change prototypes. Rename the parameter.`,
    );
  }
}

/** Splits a key at its last `/`: the module's name, and the parameter's within it. */
function splitKey(key: string): [module: string, name: string] {
  const slash = key.lastIndexOf('/');
  return slash < 0 ? ['', key] : [key.slice(0, slash), key.slice(slash + 1)];
}

/** Two keys of one place read back as one: `w` and `/w` both belong to the module without a name. */
function placeOf(key: string): string {
  return splitKey(key).join('/');
}

/** Why a leaf would not read back as written, or `undefined` when it would. */
function misreading(key: string, name: string, seen: ReadonlySet<string>): string | undefined {
  if (seen.has(placeOf(key))) return 'another leaf has the same place';
  if (key === '__metadata__') return 'that name is reserved';
  if (name.includes('/')) return `the name '${name}' contains '/'`;
  // Half of a character: UTF-8 has no bytes for it.
  if (/\p{Surrogate}/u.test(key)) return 'a part of it is no Unicode text';
  return undefined;
}

/**
 * The leaves of a tree with the keys they are stored under: their paths joined by `/`.
 *
 * @throws `checkpoint-leaf-invalid` for a leaf that is not a tensor, or is disposed;
 *   `checkpoint-key-invalid` for a name with `/` or half of a character, and for two leaves of one place
 */
export function keyedLeaves(tree: unknown): { key: string; leaf: Tensor }[] {
  const seen = new Set<string>();
  return leavesWithPath<unknown>(tree).map(({ path, leaf }) => {
    const key = path.join('/');
    if (!(leaf instanceof Tensor) || leaf.isDisposed) {
      const what = leaf instanceof Tensor ? 'a tensor that was disposed' : `${String(leaf)} (${typeof leaf})`;
      throw new TankaError(
        'checkpoint-leaf-invalid',
        `The leaf at '${key}' is ${what}. A checkpoint holds tensors only: turn numbers and keys into tensors, leave others out.`,
      );
    }
    checkKey(key);
    const why = misreading(key, path.at(-1) ?? '', seen);
    if (why !== undefined) {
      throw new TankaError(
        'checkpoint-key-invalid',
        `The leaf at [${path.join(', ')}] would be stored as '${key}', which would not read back as written: ${why}. Rename it.`,
      );
    }
    seen.add(placeOf(key));
    return { key, leaf };
  });
}

/**
 * Nests tensors by the last `/` of their keys.
 *
 * @throws `checkpoint-key-invalid` for two keys of one place
 */
export function nest(tensors: Iterable<readonly [key: string, value: Tensor]>): Checkpoint {
  const modules = new Map<string, Map<string, Tensor>>();
  for (const [key, value] of tensors) {
    const [module, name] = splitKey(key);
    const entries = modules.get(module) ?? new Map<string, Tensor>();
    if (entries.has(name)) {
      throw new TankaError(
        'checkpoint-key-invalid',
        `The file has both '${name}' and '/${name}', which are one place in a tree of modules. Rename one of them.`,
      );
    }
    modules.set(module, entries.set(name, value));
  }
  return Object.fromEntries([...modules].map(([module, entries]) => [module, Object.fromEntries(entries)]));
}

/** Turns stored arrays into tensors, all of them or none, and nests them. */
export function toCheckpoint(arrays: readonly StoredArray[]): Checkpoint {
  let checkpoint: Checkpoint = {};
  tidy(() => {
    const made = arrays.map((array): [string, Tensor] => [array.key, toTensor(array)]);
    checkpoint = nest(made);
    return made.map(([, value]) => value);
  });
  return guardLeaves(checkpoint);
}
