import { Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { TankaError } from '../errors/tanka-error.js';

/** Any nesting of plain objects and arrays with leaves `L`; `null` and `undefined` are empty nodes. */
export type Tree<L> = L | null | undefined | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

/** The nesting `T` with each leaf of type `From` replaced by `To`. */
export type MapLeaves<T, From, To> = unknown extends T
  ? To
  : // Any nesting at all, such as the moments of optimizers, is any nesting again: followed further, it has no end.
    [Tree<Tensor>] extends [T]
    ? Tree<To>
    : T extends From
      ? To
      : T extends null | undefined
        ? T
        : T extends object
          ? { [K in keyof T]: MapLeaves<T[K], From, To> }
          : To;

/** The nesting of a tree without its leaves, as {@link flatten} returns it. */
export type Structure =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'none'; readonly value: null | undefined }
  | { readonly kind: 'array'; readonly children: readonly Structure[] }
  | { readonly kind: 'object'; readonly keys: readonly string[]; readonly children: readonly Structure[] };

/** True for objects and arrays that a tree nests in; tensors and class instances are leaves. */
export function isNode(value: unknown): value is readonly unknown[] | Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** True for the nodes that are no arrays. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isNode(value) && !Array.isArray(value);
}

/** Compares strings by Unicode code point, as Python does; JavaScript's own order is by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rankOfUnit(a.charCodeAt(i)) - rankOfUnit(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point above every other UTF-16 unit. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function sortedKeys(node: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(node).sort(compareCodePoints);
}

/** Deeper nestings are taken for cycles: no real tree of parameters comes near. */
const MAX_DEPTH = 1000;

type Path = (string | number)[];

/** @param path whose first `depth` keys lead here */
function assertDepth(depth: number, path: Path): void {
  if (depth > MAX_DEPTH) {
    throw new TankaError(
      'tree-cyclic',
      `The tree is nested more than ${MAX_DEPTH} levels deep at '${path.slice(0, 4).join('/')}/...': it seems to contain itself. ` +
        'Pass one without cycles.',
    );
  }
}

/** The path is one array for all leaves, of which `depth` keys count: every `apply` goes through its arguments and results. */
function visitLeaves(
  node: unknown,
  visit: (leaf: unknown, path: Path, depth: number) => void,
  path: Path = [],
  depth = 0,
): void {
  if (node === null || node === undefined) return;
  if (!isNode(node)) {
    visit(node, path, depth);
    return;
  }
  assertDepth(depth, path);
  const go = (key: string | number): void => {
    path[depth] = key;
    visitLeaves((node as Readonly<Record<string | number, unknown>>)[key], visit, path, depth + 1);
  };
  if (Array.isArray(node)) for (let i = 0; i < node.length; i++) go(i);
  else sortedKeys(node as Record<string, unknown>).forEach(go);
}

/**
 * The leaves of a tree in JAX's order: object keys by code point, arrays by index; `null` has none.
 *
 * @throws `tree-cyclic` when the tree contains itself.
 */
export function leaves<L = Tensor>(tree: Tree<L>): L[] {
  const out: L[] = [];
  visitLeaves(tree, (leaf) => out.push(leaf as L));
  return out;
}

/** The leaves with the keys that lead to them, in the order of {@link leaves}. */
export function leavesWithPath<L = Tensor>(tree: Tree<L>): { path: string[]; leaf: L }[] {
  const out: { path: string[]; leaf: L }[] = [];
  visitLeaves(tree, (leaf, path, depth) =>
    out.push({ path: path.slice(0, depth).map(String), leaf: leaf as L }),
  );
  return out;
}

/** The nesting of a tree without its leaves. */
export function structure(tree: unknown): Structure {
  const build = (node: unknown, path: string[]): Structure => {
    if (node === null || node === undefined) return { kind: 'none', value: node };
    if (!isNode(node)) return { kind: 'leaf' };
    assertDepth(path.length, path);
    if (Array.isArray(node)) {
      return { kind: 'array', children: node.map((child, i) => build(child, [...path, String(i)])) };
    }
    const object = node as Readonly<Record<string, unknown>>;
    const keys = Object.keys(object);
    return { kind: 'object', keys, children: keys.map((key) => build(object[key], [...path, key])) };
  };
  return build(tree, []);
}

/** Takes a tree apart: its leaves in JAX's order, and the structure that {@link unflatten} rebuilds it from. */
export function flatten<L = Tensor>(tree: Tree<L>): [leaves: L[], structure: Structure] {
  return [leaves(tree), structure(tree)];
}

/** Builds a nesting from its leaves; the leaf that comes next is taken from `next`. */
type Builder = (next: () => unknown) => unknown;

function builder(node: Structure): Builder {
  switch (node.kind) {
    case 'leaf':
      return (next) => next();
    case 'none':
      return () => node.value;
    case 'array': {
      const children = node.children.map(builder);
      return (next) => children.map((build) => build(next));
    }
    case 'object': {
      const children = node.children.map(builder);
      const { keys } = node;
      const order = keys.map((_, i) => i).sort((i, j) => compareCodePoints(keys[i], keys[j]));
      // Has the keys in their order, and as its own: to assign a new `__proto__` would lose it.
      const empty: Record<string, unknown> = Object.fromEntries(keys.map((key) => [key, undefined]));
      return (next) => {
        const object = { ...empty };
        for (const i of order) object[keys[i]] = children[i](next);
        return object;
      };
    }
  }
}

/** {@link unflatten} of one structure, prepared for many calls with as many leaves as it has. */
export function rebuilder(nesting: Structure): (leaves: readonly unknown[]) => unknown {
  if (nesting.kind === 'leaf') return (values) => values[0];
  const build = builder(nesting);
  return (values) => {
    let next = 0;
    return build(() => values[next++]);
  };
}

/**
 * Rebuilds a tree of the given structure; its objects keep the insertion order they had.
 *
 * @throws `tree-leaf-count` when there are not exactly as many leaves as the structure has places.
 */
export function unflatten<L = Tensor>(nesting: Structure, values: readonly L[]): Tree<L> {
  let next = 0;
  const tree = builder(nesting)(() => values[next++]);
  if (next !== values.length) {
    throw new TankaError(
      'tree-leaf-count',
      `The structure has ${next} leaves, but ${values.length} values were given. Pass one for each leaf.`,
    );
  }
  return tree as Tree<L>;
}

function mismatch(path: readonly string[], expected: unknown, received: unknown): TankaError {
  return new TankaError(
    'tree-structure-mismatch',
    `Trees differ at '${path.join('/') || '(root)'}': the first has ${whatIs(expected)}, another has ${whatIs(received)}. ` +
      'Map trees of the same nesting and keys.',
  );
}

/** @throws `tree-structure-mismatch` unless the other trees have what `node` has */
function checkNesting(node: unknown, rest: readonly unknown[], path: readonly string[]): void {
  for (const tree of rest) {
    const same = isNode(node)
      ? isNode(tree) &&
        Array.isArray(tree) === Array.isArray(node) &&
        Object.keys(tree).length === Object.keys(node).length &&
        Object.keys(node).every((key) => Object.hasOwn(tree, key))
      : tree === null || tree === undefined;
    if (!same) throw mismatch(path, node, tree);
  }
}

function mapNode(
  f: (...xs: never[]) => unknown,
  path: string[],
  node: unknown,
  rest: readonly unknown[],
  check?: typeof checkNesting,
): unknown {
  const empty = node === null || node === undefined;
  if (!empty && !isNode(node)) return f(...([node, ...rest] as never[]));
  check?.(node, rest, path);
  if (empty) return node;
  assertDepth(path.length, path);
  // The function runs in JAX's order, the result keeps the insertion order of the first tree.
  const isArray = Array.isArray(node);
  const mapped = isArray ? [...(node as unknown[])] : { ...(node as Record<string, unknown>) };
  for (const key of isArray ? Object.keys(node) : sortedKeys(node as Record<string, unknown>)) {
    const child = (tree: unknown): unknown => (tree as Readonly<Record<string, unknown>>)[key];
    path.push(key);
    (mapped as Record<string, unknown>)[key] = mapNode(f, path, child(node), rest.map(child), check);
    path.pop();
  }
  return mapped;
}

/**
 * Applies `f` to each leaf, together with the leaves at the same place of the other trees.
 * Objects keep the insertion order of the first tree.
 *
 * @throws `tree-structure-mismatch` when the trees are nested differently.
 */
export function map<L = Tensor, R = unknown, T = unknown>(
  f: (leaf: L, ...rest: never[]) => R,
  tree: T,
  ...rest: unknown[]
): MapLeaves<T, L, R> {
  return mapNode(f, [], tree, rest, checkNesting) as MapLeaves<T, L, R>;
}

/** {@link map} of one tree. */
export function mapOne<L = Tensor, R = unknown, T = unknown>(f: (leaf: L) => R, tree: T): MapLeaves<T, L, R> {
  return mapNode(f, [], tree, []) as MapLeaves<T, L, R>;
}

/** {@link map} of the tensors of one tree; other leaves stay. */
export function mapTensors(f: (x: Tensor) => unknown, tree: unknown): unknown {
  return mapOne((leaf: unknown) => (leaf instanceof Tensor ? f(leaf as Tensor) : leaf), tree);
}

/** A node with what `f` makes of its children, in the order of insertion. */
export function mapChildren(node: object, f: (child: unknown, key: string) => unknown): unknown {
  if (Array.isArray(node)) return node.map((child, i) => f(child, String(i)));
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, f(child, key)]));
}

/** Folds the leaves in JAX's order. */
export function reduce<A, L = Tensor>(f: (accumulator: A, leaf: L) => A, tree: Tree<L>, initial: A): A {
  return leaves(tree).reduce(f, initial);
}

/** True when every leaf is truthy, or passes `predicate`. */
export function all<L = Tensor>(tree: Tree<L>, predicate: (leaf: L) => boolean = Boolean): boolean {
  return leaves(tree).every(predicate);
}

/** Frees every tensor of a tree, once each; other leaves are left alone. */
export function dispose(tree: unknown): void {
  visitLeaves(tree, (leaf) => {
    if (leaf instanceof Tensor && !leaf.isDisposed) leaf.dispose();
  });
}
