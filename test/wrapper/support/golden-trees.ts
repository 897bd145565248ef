import type { Tensor } from '@tensorflow/tfjs-core';
import * as hk from '../../../src/index.js';
import { goldenArrays, goldenTensor, goldenValues, type GoldenArray } from '../../support/goldens.js';

/** A case of `test/goldens/wrapper`: its arrays by name. */
export class GoldenCase {
  readonly #arrays: Map<string, GoldenArray>;
  readonly #made: Tensor[] = [];

  constructor(name: string) {
    this.#arrays = goldenArrays(`wrapper/${name}.safetensors`);
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

  dispose(): void {
    hk.tree.dispose(this.#made);
  }

  #array(name: string): GoldenArray {
    const array = this.#arrays.get(name);
    if (array === undefined) throw new Error(`The golden has no array '${name}'.`);
    return array;
  }
}
