import { cast, clone, Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { tidyOwned } from '../tree/owned.js';
import { isNode, leavesWithPath, type MapLeaves } from '../tree/tree.js';
import { nearest } from './edit-distance.js';
import type { KeyMap } from './key-maps/key-map.js';

/** What a template says of a leaf: a tensor, or its shape and type as `hk.evalShape` gives them. */
export interface LeafShape {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** Options of {@link loadInto}. */
export interface LoadIntoOptions {
  /** Turns the checkpoint's names and layouts into those of the template: new names by old ones, or a {@link KeyMap}. */
  readonly map?: KeyMap | Readonly<Record<string, string>>;
  /** Refuses missing and unexpected arrays. Otherwise missing ones are copied from the template, unexpected ones ignored. Default `true`. */
  readonly strict?: boolean;
  /** Casts what is loaded, to the type of the template's leaf or another. Default: another type is a difference. */
  readonly dtype?: 'template' | 'float32' | 'int32' | 'bool';
}

/** How many differences of a kind a message lists. */
const LISTED = 20;

/** More names than this are not searched for near misses. */
const SEARCHED = 2000;

function isLeafShape(value: unknown): value is LeafShape {
  if (value instanceof Tensor) return true;
  return (
    isNode(value) &&
    !Array.isArray(value) &&
    Array.isArray((value as { shape?: unknown }).shape) &&
    'dtype' in value
  );
}

function describe({ shape, dtype }: LeafShape): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** Rebuilds a template with `leaf` of each of its leaves and their keys; null stays. */
function rebuild(node: unknown, path: string, leaf: (key: string, shape: LeafShape) => unknown): unknown {
  if (node === null || node === undefined) return node;
  if (isLeafShape(node)) return leaf(path, node);
  if (!isNode(node)) {
    throw new TankaError(
      'checkpoint-leaf-invalid',
      `The template has ${String(node)} (${typeof node}) at '${path}', but its leaves must be tensors, or { shape, dtype } as of hk.evalShape.`,
    );
  }
  const child = (key: string, value: unknown): unknown =>
    rebuild(value, path === '' ? key : `${path}/${key}`, leaf);
  if (Array.isArray(node)) return node.map((value, i) => child(String(i), value));
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, child(key, value)]));
}

/** The tensors of a checkpoint by their keys, those without a module under their bare name. */
function flat(checkpoint: unknown): Map<string, Tensor> {
  return new Map(
    leavesWithPath<unknown>(checkpoint).map(({ path, leaf }): [string, Tensor] => {
      const key = path.join('/').replace(/^\//, '');
      if (!(leaf instanceof Tensor)) {
        throw new TankaError(
          'checkpoint-leaf-invalid',
          `The checkpoint has ${String(leaf)} (${typeof leaf}) at '${key}', but must be a nesting of tensors. Pass what loadSafetensors or loadNpz returned.`,
        );
      }
      return [key, leaf as Tensor];
    }),
  );
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length > LISTED ? `\n  … and ${lines.length - LISTED} more` : '';
  return `\n${title} (${lines.length}):\n  ${lines.slice(0, LISTED).join('\n  ')}${more}`;
}

/**
 * The arrays of a checkpoint in the nesting of a template, such as the parameters of `model.init` or of `hk.evalShape(model.init, …)`.
 *
 * Leaves are found by their path joined by `/`. The result is the caller's; template and checkpoint stay as they are.
 *
 * @throws `checkpoint-mismatch` with all differences at once: missing, unexpected, of another shape or type
 */
export function loadInto<T>(
  template: T,
  checkpoint: unknown,
  options: LoadIntoOptions = {},
): MapLeaves<T, LeafShape, Tensor> {
  const { map, strict = true, dtype } = options;
  return tidyOwned(() => {
    const stored = flat(checkpoint);
    const arrays = typeof map === 'function' ? map(stored) : renamed(stored, map);
    const missing: string[] = [];
    const wrong: string[] = [];
    const used = new Set<string>();
    const result = rebuild(template, '', (key, wanted) => {
      const found = arrays.get(key);
      used.add(key);
      if (found === undefined) {
        if (strict || !(wanted instanceof Tensor)) missing.push(key);
        return wanted instanceof Tensor ? wanted : undefined;
      }
      const target = dtype === 'template' ? wanted.dtype : (dtype ?? found.dtype);
      const sameType = dtype !== undefined || found.dtype === wanted.dtype;
      if (found.shape.join() !== wanted.shape.join() || !sameType) {
        wrong.push(`'${key}' is ${describe(found)} in the checkpoint, ${describe(wanted)} in the template`);
        return undefined;
      }
      return target === found.dtype ? clone(found) : cast(found, target as 'float32');
    });
    const unexpected = [...arrays.keys()].filter((key) => !used.has(key));
    const searched = unexpected.slice(0, SEARCHED);
    const hints = missing.slice(0, LISTED).map((key) => {
      const near = nearest(key, searched);
      return near === undefined ? `'${key}'` : `'${key}' (did you mean '${near}'?)`;
    });
    if (missing.length > 0 || wrong.length > 0 || (strict && unexpected.length > 0)) {
      throw new TankaError(
        'checkpoint-mismatch',
        'The checkpoint does not fit the template.' +
          list('Missing in the checkpoint', [...hints, ...missing.slice(LISTED)]) +
          list('Of another shape or type', wrong) +
          list(
            'Unexpected in the checkpoint',
            strict ? unexpected.map((key) => `'${key}' ${describe(arrays.get(key) as Tensor)}`) : [],
          ) +
          '\nPass { map } to rename or convert arrays, { dtype } to cast, or { strict: false } to load what is there.',
      );
    }
    return result as MapLeaves<T, LeafShape, Tensor>;
  });
}

function renamed(
  stored: ReadonlyMap<string, Tensor>,
  names: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, Tensor> {
  return new Map([...stored].map(([key, value]) => [Object.hasOwn(names, key) ? names[key] : key, value]));
}
