import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import { maybeCurrentFrame, type Bundles, type Frame } from '../module/frame.js';
import { keySequence } from '../module/rng.js';
import type { PRNGKey } from '../random/key.js';
import { PRNGSequence } from '../random/prng-sequence.js';
import { isNode, mapChildren } from '../tree/tree.js';
import { batchSizes, elementsOf, stackTrees, type StackedOf } from './batched.js';
import {
  internalState,
  restoreInternalState,
  withOwnNames,
  withSequence,
  type InternalState,
} from './internal-state.js';
import { checkSameKind } from './loop.js';
import { checkAlive } from '../tree/alive.js';
import { tidyOwnedInFrame } from './ownership.js';
import type { AnyFunction } from './pair.js';

/** Axes of a nesting: one for all leaves, `null` for what is not mapped, or a nesting that is a prefix of the value's. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

/** Options of {@link vmap}. */
export interface VmapOptions {
  /** Axis of each argument that is mapped over: one for all, or an array with one for each argument. Default 0. */
  readonly inAxes?: Axes;
  /** Where the new axis goes in the result; `null` for a result that is the same for all. Default 0. */
  readonly outAxes?: Axes;
  /** Whether each call gets keys of its own, or all the same. Required inside a transform. */
  readonly splitRng?: boolean;
}

interface Mapped {
  readonly size: number;
  readonly at: (i: number) => unknown;
}

/** Goes through a value along a prefix nesting of axes. */
function mapAxes(
  axes: Axes,
  value: unknown,
  what: string,
  f: (axis: number | null, part: unknown) => unknown,
): unknown {
  if (axes === null || typeof axes === 'number') return f(axes, value);
  const fits =
    isNode(value) &&
    Array.isArray(axes) === Array.isArray(value) &&
    Object.keys(axes).every((key) => key in value);
  if (!fits) {
    throw new TankaError(
      'vmap-axes',
      `${what} of hk.vmap must be a number, null, or a nesting that begins like its value.`,
    );
  }
  return mapChildren(value, (child, key) => mapAxes((axes as Record<string, Axes>)[key], child, what, f));
}

function mappedArguments(args: readonly unknown[], inAxes: Axes): Mapped {
  const axes = Array.isArray(inAxes) ? (inAxes as readonly Axes[]) : args.map(() => inAxes);
  const sizes: number[] = [];
  mapAxes(axes, args, 'inAxes', (axis, value) => {
    if (axis !== null) sizes.push(...batchSizes(value, axis).values());
  });
  if (sizes.length === 0) {
    throw new TankaError(
      'vmap-axes',
      'hk.vmap needs an argument to map over: inAxes must not be null for all, nor all arguments be empty.',
    );
  }
  if (new Set(sizes).size > 1) {
    throw new TankaError(
      'vmap-axes',
      `The arguments of hk.vmap differ in size along their mapped axes: ${sizes.join(', ')}.`,
    );
  }
  const [size] = sizes;
  const rows: ((i: number) => unknown)[] = [];
  mapAxes(axes, args, 'inAxes', (axis, value) => {
    rows.push(axis === null ? () => value : elementsOf(value, size, axis));
  });
  const at = (i: number): unknown => {
    let next = 0;
    return mapAxes(axes, args, 'inAxes', () => rows[next++](i));
  };
  return { size, at };
}

function sameValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isTensor(a) && isTensor(b)) {
    if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false;
    const [x, y] = [a.dataSync(), b.dataSync()];
    return x.every((value, i) => Object.is(value, y[i]));
  }
  if (!isNode(a) || !isNode(b)) return false;
  const keys = Object.keys(a);
  const [x, y] = [a, b] as Record<string, unknown>[];
  return keys.length === Object.keys(b).length && keys.every((key) => sameValues(x[key], y[key]));
}

function differing<V>(a: Bundles<V>, b: Bundles<V>, value: (entry: V) => unknown): string[] {
  const names = [...a, ...b].flatMap(([bundle, entries]) =>
    [...entries.keys()]
      .filter((name) => {
        const [x, y] = [a.get(bundle)?.get(name), b.get(bundle)?.get(name)];
        return x === undefined || y === undefined || !sameValues(value(x), value(y));
      })
      .map((name) => `${bundle}/${name}`),
  );
  return [...new Set(names)];
}

function checkSame(what: string, differ: readonly string[], instead: string): void {
  if (differ.length === 0) return;
  throw new TankaError(
    'vmap-unmapped',
    `The calls of hk.vmap made different values of the ${what} ${differ.join(', ')}, which they share. ${instead}`,
  );
}

/** What a call made must not depend on the mapped axis: parameters and state have none. */
function checkUnmapped(splitRng: boolean, first: InternalState, other: InternalState): void {
  if (first.params !== other.params) {
    checkSame(
      'parameters',
      differing(first.params, other.params, (value) => value),
      splitRng
        ? 'Give them the same keys in init: { splitRng: !hk.runningInit() }.'
        : 'Do not let them depend on mapped arguments.',
    );
  }
  const state = differing(first.state, other.state, (pair) => pair.current);
  checkSame('state', state, 'Return the values, and set state outside of hk.vmap.');
}

/** Runs `f` for each lane from one and the same state, as if all ran at once. */
function runLanes<R>(frame: Frame | undefined, splitRng: boolean, size: number, f: (i: number) => R): R[] {
  if (frame === undefined) return Array.from({ length: size }, (_, i) => f(i));
  const keys: PRNGKey[] | null = splitRng ? keySequence('vmap').take(size) : null;
  const before = internalState(frame);
  let first: InternalState | undefined;
  const results: R[] = [];
  for (let i = 0; i < size; i++) {
    restoreInternalState(frame, before);
    const run = (): R => withOwnNames(frame, () => f(i));
    results.push(keys === null ? run() : withSequence(frame, new PRNGSequence(keys[i]), run));
    const after = internalState(frame);
    if (first === undefined) first = after;
    else checkUnmapped(splitRng, first, after);
  }
  if (first !== undefined) restoreInternalState(frame, first);
  return results;
}

function stackResults(results: readonly unknown[], outAxes: Axes, size: number): unknown {
  const [first, ...others] = results;
  for (const other of others) {
    checkSameKind(
      'vmap-mismatch',
      'The calls of hk.vmap must return the same nesting, shapes and dtypes',
      first,
      other,
    );
  }
  // The parts of each result, in the same order.
  const parts = results.map((result) => {
    const own: unknown[] = [];
    mapAxes(outAxes, result, 'outAxes', (_, part) => own.push(part));
    return own;
  });
  let next = 0;
  return mapAxes(outAxes, first, 'outAxes', (axis, part) => {
    const at = next++;
    if (axis === null) return part;
    return stackTrees(
      parts.map((own) => own[at]),
      axis,
      size,
    );
  });
}

function mapFunction<F extends AnyFunction>(
  f: F,
  options: VmapOptions = {},
): (...args: Parameters<F>) => StackedOf<ReturnType<F>> {
  const { inAxes = 0, outAxes = 0, splitRng } = options;
  if (splitRng === undefined && vmap.requireSplitRng && maybeCurrentFrame() !== undefined) {
    throw new TankaError(
      'vmap-split-rng',
      'Inside a transform hk.vmap must know whether each call draws keys of its own: pass { splitRng: true } or { splitRng: false }.',
    );
  }
  return (...args) => {
    checkAlive(args, 'hk.vmap');
    const frame = maybeCurrentFrame();
    return tidyOwnedInFrame(frame, () => {
      const { size, at } = mappedArguments(args, inAxes);
      const results = runLanes(frame, splitRng ?? false, size || 1, (i) => f(...(at(i) as never[])));
      return stackResults(results, outAxes, size);
    }) as StackedOf<ReturnType<F>>;
  };
}

/**
 * A function that calls `f` for each element of its arguments along their mapped axes and stacks the results: a loop and a
 * stack. Arrays of keys are mapped over like tensors.
 *
 * Inside a transform all calls start from the same parameters and state, and must make the same; with `splitRng` each draws
 * keys of its own, otherwise all the same. Modules made later are named as if `f` had made none.
 *
 * Along an axis of size 0 `f` is called once, with zeros: for its parameters and state, and for the shapes of the empty result.
 *
 * @throws `vmap-axes`, `vmap-mismatch`, `vmap-split-rng`, `vmap-unmapped`, `rng-missing`, `batch-leaf`
 */
export const vmap: typeof mapFunction & {
  /** Set to `false` so that `splitRng` may be left out inside transforms, where it is then `false`. */
  requireSplitRng: boolean;
} = Object.assign(mapFunction, { requireSplitRng: true });
