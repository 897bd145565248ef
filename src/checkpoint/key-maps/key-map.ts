import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';

/** Turns arrays by their names in a checkpoint into arrays by the names `module/parameter` of a template. */
export type KeyMap = (arrays: ReadonlyMap<string, Tensor>) => ReadonlyMap<string, Tensor>;

/** Converts the arrays of one layer, found by their names within it, to Haiku's names and layouts; `undefined` entries are left out. */
export type LayerRule = (
  array: (name: string) => Tensor,
  has: (name: string) => boolean,
) => Readonly<Record<string, Tensor>>;

/** Where a layer's arrays go, and how they are laid out. */
export interface LayerTarget {
  /** Haiku's module name. */
  readonly to: string;
  readonly rule: LayerRule;
}

/**
 * A map that converts layers one by one. Arrays that no layer takes pass under their own names, for {@link loadInto} to report.
 *
 * @param separator between the name of a layer and that of its array
 * @param layers by their names in the checkpoint
 */
export function layerMap(separator: string, layers: Readonly<Record<string, LayerTarget>>): KeyMap {
  return (arrays) => {
    const taken = new Set<string>();
    const out = new Map<string, Tensor>();
    for (const [from, { to, rule }] of Object.entries(layers)) {
      const nameOf = (name: string): string => (from === '' ? name : `${from}${separator}${name}`);
      const has = (name: string): boolean => arrays.has(nameOf(name));
      const converted = rule((name) => {
        const found = arrays.get(nameOf(name));
        if (found === undefined) {
          throw new TankaError(
            'checkpoint-mismatch',
            `The key map converts the layer '${from}' to '${to}', but the checkpoint has no '${nameOf(name)}'. ` +
              `Check the layer's name and kind; the checkpoint has: ${[...arrays.keys()].slice(0, 20).join(', ')}.`,
          );
        }
        taken.add(nameOf(name));
        return found;
      }, has);
      for (const [name, value] of Object.entries(converted)) out.set(`${to}/${name}`, value);
    }
    for (const [key, value] of arrays) if (!taken.has(key)) out.set(key, value);
    return out;
  };
}

/** Renames keys by the first pattern that matches each, as `String.replace` does. */
export function renameKeys(
  patterns: readonly (readonly [pattern: RegExp | string, replacement: string])[],
): KeyMap {
  return (arrays) =>
    new Map(
      [...arrays].map(([key, value]) => {
        const found = patterns.find(([pattern]) =>
          typeof pattern === 'string' ? key.includes(pattern) : key.search(pattern) >= 0,
        );
        return [found === undefined ? key : key.replace(found[0], found[1]), value];
      }),
    );
}

/** Applies maps one after the other. */
export function composeKeyMaps(...maps: readonly KeyMap[]): KeyMap {
  return (arrays) => maps.reduce((current, map) => map(current), arrays);
}
