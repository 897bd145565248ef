import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import { mapOne } from '../tree/tree.js';
import { provideCustomisation, type Entry } from './customisation.js';
import { currentFrame, liftedPrefix, topActivation, type Frame } from './frame.js';
import type { Module } from './module.js';
import type { StoringInitializer } from './parameters.js';
import { ScopedStack } from './scoped-stack.js';

/**
 * What a creator, an initializer or a setter returns so that nothing is stored. A getter must then supply the value,
 * in `init` and in `apply`.
 */
export const DO_NOT_STORE: unique symbol = Symbol('tanka.doNotStore');

/** A value, or the wish not to have one stored. */
export type Stored<T> = T | typeof DO_NOT_STORE;

interface EntryContext {
  /** `module/name`. */
  readonly fullName: string;
  /** Full name of the module, or `~`. */
  readonly moduleName: string;
  /** Name within the module. */
  readonly name: string;
  /** The module whose method runs, or `null` outside of modules. */
  readonly module: Module | null;
  /** Names of the lifts around the running `init`, each followed by `/`; `null` without any and in `apply`. */
  readonly liftedPrefixName: string | null;
}

/** What a creator or getter is told of the parameter or state entry. */
export interface GetterContext extends EntryContext {
  /** As it was asked for, before any creator changed it. */
  readonly originalShape: readonly number[] | undefined;
  readonly originalDtype: DataType;
  readonly originalInit: StoringInitializer | undefined;
}

/** What a setter is told of the state entry. Shape and dtype have the nesting of the value. */
export interface SetterContext extends EntryContext {
  readonly originalShape: unknown;
  readonly originalDtype: unknown;
}

/** Makes a missing value, or calls `next` to have it made. */
export type Creator = (
  next: (shape: readonly number[], dtype: DataType, init: StoringInitializer) => Stored<Tensor>,
  shape: readonly number[],
  dtype: DataType,
  init: StoringInitializer,
  context: GetterContext,
) => Stored<Tensor>;

/** Turns a stored value into the one that the caller gets. */
export type Getter<T = Tensor> = (next: (value: T) => T, value: T, context: GetterContext) => T;

/** Turns a value that `setState` was given into the one that is stored. */
export type Setter<T = unknown> = (
  next: (value: Stored<T>) => Stored<T>,
  value: T,
  context: SetterContext,
) => Stored<T>;

/** Which entries a creator or getter is for. */
export interface EntryKinds {
  /** Parameters. Default `true`. */
  readonly params?: boolean;
  /** State. Default `false`. */
  readonly state?: boolean;
}

const creators = { params: new ScopedStack<Creator>(), state: new ScopedStack<Creator>() };
const getters = { params: new ScopedStack<Getter<unknown>>(), state: new ScopedStack<Getter<unknown>>() };
const setters = new ScopedStack<Setter>();

function inKinds<T, R>(
  stacks: { params: ScopedStack<T>; state: ScopedStack<T> },
  { params = true, state = false }: EntryKinds,
  item: T,
  f: () => R,
): R {
  const inner = state ? () => stacks.state.with(item, f) : f;
  return params ? stacks.params.with(item, inner) : inner();
}

/**
 * Runs `f`; values that are missing in it are made by `creator`, which sees the name, shape, dtype and initializer and
 * calls `next` with what it wants made. The creator of the outermost call runs first.
 *
 * @throws `outside-transform`
 */
export function customCreator<R>(creator: Creator, f: () => R, kinds: EntryKinds = {}): R {
  currentFrame('customCreator');
  return inKinds(creators, kinds, creator, f);
}

/**
 * Runs `f`; every value that `getParameter` (or `getState`) returns in it goes through `getter`. What is stored stays.
 * The getter of the outermost call runs first.
 *
 * @throws `outside-transform`
 */
export function customGetter<R, T = Tensor>(getter: Getter<T>, f: () => R, kinds: EntryKinds = {}): R {
  currentFrame('customGetter');
  return inKinds(getters, kinds, getter as Getter<unknown>, f);
}

/**
 * Runs `f`; every value that `setState` is given in it goes through `setter`. The setter of the outermost call runs first.
 * The first value of `getState` is not set and does not.
 *
 * @throws `outside-transform`
 */
export function customSetter<R, T = unknown>(setter: Setter<T>, f: () => R): R {
  currentFrame('customSetter');
  return setters.with(setter as Setter, f);
}

interface EntryPlace {
  readonly frame: Frame;
  readonly bundle: string;
  readonly name: string;
}

function entryContext<E extends object>({ frame, bundle, name }: EntryPlace, extra: E): E & EntryContext {
  return {
    fullName: `${bundle}/${name}`,
    moduleName: bundle,
    name,
    module: (topActivation(frame)?.module ?? null) as Module | null,
    liftedPrefixName: liftedPrefix(),
    ...extra,
  };
}

function getterContext(entry: Entry): GetterContext {
  const { shape, dtype, init } = entry;
  return entryContext(entry, { originalShape: shape, originalDtype: dtype, originalInit: init });
}

/** Sends a value through `stack`, outermost first; each item calls `next` with what it passes on. */
function through<V>(
  stack: readonly ((next: (value: V) => V, value: V, context: never) => V)[],
  context: unknown,
  value: V,
): V {
  const run = (i: number, value: V): V =>
    i === stack.length ? value : stack[i]((next) => run(i + 1, next), value, context as never);
  return run(0, value);
}

/** Makes a value through the creators, or by `init` alone. */
export function runCreators(
  kind: keyof typeof creators,
  entry: Entry & { readonly shape: readonly number[] },
  init: StoringInitializer,
): Stored<Tensor> {
  const stack = creators[kind].items;
  const context = stack.length > 0 && getterContext(entry);
  const run = (
    i: number,
    shape: readonly number[],
    dtype: DataType,
    init: StoringInitializer,
  ): Stored<Tensor> =>
    i === stack.length
      ? init([...shape], dtype)
      : stack[i]((...next) => run(i + 1, ...next), shape, dtype, init, context as GetterContext);
  return run(0, entry.shape, entry.dtype, init);
}

/**
 * What the getters make of a stored value.
 *
 * @throws `value-not-stored` for a value that was not stored and that no getter supplied
 */
export function runGetters(kind: keyof typeof getters, entry: Entry, value: unknown): unknown {
  const stack = getters[kind].items;
  const read = stack.length > 0 ? through(stack, getterContext(entry), value) : value;
  if (read !== DO_NOT_STORE) return read;
  throw new TankaError(
    'value-not-stored',
    `'${entry.bundle}/${entry.name}' is not stored (hk.DO_NOT_STORE). ` +
      'Use hk.customGetter with a getter that supplies it.',
  );
}

/** What the setters make of a value to be stored. */
export function runSetters(place: EntryPlace, value: unknown): unknown {
  const stack = setters.items;
  if (stack.length === 0) return value;
  const part = (of: (tensor: Tensor) => unknown): unknown =>
    mapOne((leaf: Tensor) => (isTensor(leaf) ? of(leaf) : undefined), value);
  const context: SetterContext = entryContext(place, {
    originalShape: part((tensor) => tensor.shape),
    originalDtype: part((tensor) => tensor.dtype),
  });
  return through(stack, context, value);
}

provideCustomisation({
  make(entry, init, missing) {
    const { frozen } = entry.frame;
    let value: Stored<Tensor>;
    try {
      value = runCreators('params', entry as Parameters<typeof runCreators>[1], init);
    } catch (error) {
      if (frozen && error instanceof TankaError && error.code === 'rng-missing') throw missing(error);
      throw error;
    }
    // A creator may choose to store nothing, which only running it tells: hence the late refusal.
    if (frozen && value !== DO_NOT_STORE) throw missing();
    return value;
  },
  isUnstored: (value) => value === DO_NOT_STORE,
  read: (entry, value) => runGetters('params', entry, value),
});
