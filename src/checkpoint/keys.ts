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

/**
 * The leaves of a tree with the keys they are stored under: their paths joined by `/`.
 *
 * @throws `checkpoint-leaf-invalid` for a leaf that is not a tensor, or is disposed;
 *   `checkpoint-key-invalid` for a name with `/` and for two leaves of one key
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
    if (path.at(-1)?.includes('/') || key === '__metadata__' || seen.has(key)) {
      const why = seen.has(key)
        ? 'another leaf has the same'
        : key === '__metadata__'
          ? 'that name is reserved'
          : `the name '${path.at(-1) as string}' contains '/'`;
      throw new TankaError(
        'checkpoint-key-invalid',
        `The leaf at [${path.join(', ')}] would be stored as '${key}', which would not read back as written: ${why}. Rename it.`,
      );
    }
    seen.add(key);
    return { key, leaf };
  });
}

/** Nests tensors by the last `/` of their keys. */
export function nest(tensors: Iterable<readonly [key: string, value: Tensor]>): Checkpoint {
  const modules = new Map<string, [string, Tensor][]>();
  for (const [key, value] of tensors) {
    const [module, name] = splitKey(key);
    const entries = modules.get(module);
    if (entries === undefined) modules.set(module, [[name, value]]);
    else entries.push([name, value]);
  }
  return Object.fromEntries([...modules].map(([module, entries]) => [module, Object.fromEntries(entries)]));
}

/** Turns stored arrays into tensors, all of them or none, and nests them. */
export function toCheckpoint(arrays: readonly StoredArray[]): Checkpoint {
  let made: [string, Tensor][] = [];
  tidy(() => {
    made = arrays.map((array) => [array.key, toTensor(array)]);
    return made.map(([, value]) => value);
  });
  return guardLeaves(nest(made));
}
