import { readFileSync } from 'node:fs';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as hk from '../../../src/index.js';
import { goldenArrays, goldenTensor, goldenValues, type GoldenArray } from '../../support/goldens.js';

/** What the manifest says of a case beside its arrays. */
interface Facts {
  readonly losses?: readonly number[];
  readonly evaluate_after?: number;
  readonly rng_keys_per_step?: readonly (readonly number[])[];
  readonly weights?: readonly { readonly tree_path: string }[];
}

/** The cases of a manifest of `test/goldens/wrapper` by name. */
function manifestOf(file: string): { readonly cases: Readonly<Record<string, Facts>> } {
  return JSON.parse(readFileSync(new URL(`../../goldens/wrapper/${file}`, import.meta.url), 'utf8')) as {
    cases: Record<string, Facts>;
  };
}

export const manifest = manifestOf('manifest.json');
export const torchManifest = manifestOf('torch_manifest.json');

/** A case of `test/goldens/wrapper`: its arrays by name. Each of them must be read, or left with a reason. */
export class GoldenCase {
  readonly #arrays: Map<string, GoldenArray>;
  readonly #made: Tensor[] = [];
  readonly #unread: Set<string>;

  constructor(name: string) {
    this.#arrays = goldenArrays(`wrapper/${name}.safetensors`);
    this.#unread = new Set(this.#arrays.keys());
  }

  /** The values of an array. */
  values(name: string): Float32Array | Int32Array | Uint32Array | Uint8Array {
    return goldenValues(this.#array(name));
  }

  /** A tensor with the values of an array, freed by {@link dispose}. */
  tensor(name: string): Tensor {
    const made = goldenTensor(this.#array(name));
    this.#made.push(made);
    return made;
  }

  /** Names below a prefix, without it. */
  names(prefix: string): string[] {
    return [...this.#arrays.keys()]
      .filter((name) => name.startsWith(`${prefix}/`))
      .map((name) => name.slice(prefix.length + 1));
  }

  /** A Haiku tree: the last segment is the name of the parameter. */
  haiku(prefix: string): hk.Params {
    const tree: Record<string, Record<string, Tensor>> = {};
    for (const name of this.names(prefix)) {
      const slash = name.lastIndexOf('/');
      (tree[name.slice(0, slash)] ??= {})[name.slice(slash + 1)] = this.tensor(`${prefix}/${name}`);
    }
    return tree;
  }

  /** A tree nested at each segment; numbered segments make arrays. */
  nested(prefix: string): unknown {
    const root: Record<string, unknown> = {};
    for (const name of this.names(prefix)) {
      const path = name.split('/');
      let node = root;
      for (const key of path.slice(0, -1)) node = (node[key] ??= {}) as Record<string, unknown>;
      node[path.at(-1) as string] = this.tensor(`${prefix}/${name}`);
    }
    const arrays = (node: unknown): unknown => {
      if (node === null || Object.getPrototypeOf(node) !== Object.prototype) return node;
      const entries = Object.entries(node as object).map(([key, value]) => [key, arrays(value)] as const);
      return entries.every(([key]) => /^\d+$/.test(key))
        ? entries.map(([, value]) => value)
        : Object.fromEntries(entries);
    };
    return arrays(root);
  }

  /** Leaves the arrays below a name unread. */
  leave(name: string, reason: string): void {
    if (reason === '') throw new Error(`Say why '${name}' is left.`);
    for (const array of this.#arrays.keys()) {
      if (array === name || array.startsWith(`${name}/`)) this.#unread.delete(array);
    }
  }

  dispose(): void {
    hk.tree.dispose(this.#made);
  }

  /** @throws when an array was neither read nor left */
  checkAllRead(): void {
    if (this.#unread.size > 0)
      throw new Error(`Arrays of the golden left unread: ${[...this.#unread].join(', ')}`);
  }

  #array(name: string): GoldenArray {
    const array = this.#arrays.get(name);
    if (array === undefined) throw new Error(`The golden has no array '${name}'.`);
    this.#unread.delete(name);
    return array;
  }
}

/** A test on one golden, which must read all of its arrays. */
export function itMatches(name: string, body: (golden: GoldenCase) => void | Promise<void>): void {
  it(name, async () => {
    const golden = new GoldenCase(name);
    try {
      await body(golden);
    } finally {
      golden.dispose();
    }
    golden.checkAllRead();
  });
}
