import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
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

/** The context of an entry of the running module. */
export function entryContext<E extends object>(
  frame: Frame,
  moduleName: string,
  name: string,
  extra: E,
): E & EntryContext {
  return {
    fullName: `${moduleName}/${name}`,
    moduleName,
    name,
    module: (topActivation(frame)?.module ?? null) as Module | null,
    liftedPrefixName: liftedPrefix(),
    ...extra,
  };
}

/** Whether anything wants to see values that are read or written. */
export function hasGetters(kind: keyof typeof getters): boolean {
  return getters[kind].items.length > 0;
}

/** Whether anything wants to see values that are set. */
export function hasSetters(): boolean {
  return setters.items.length > 0;
}

/** Makes a value through the creators, or by `init` alone. */
export function runCreators(
  kind: keyof typeof creators,
  context: () => GetterContext,
  shape: readonly number[],
  dtype: DataType,
  init: StoringInitializer,
): Stored<Tensor> {
  const stack = creators[kind].items;
  if (stack.length === 0) return init([...shape], dtype);
  const seen = context();
  const run = (
    i: number,
    shape: readonly number[],
    dtype: DataType,
    init: StoringInitializer,
  ): Stored<Tensor> =>
    i === stack.length
      ? init([...shape], dtype)
      : stack[i]((...next) => run(i + 1, ...next), shape, dtype, init, seen);
  return run(0, shape, dtype, init);
}

/** What the getters make of a stored value. */
export function runGetters(kind: keyof typeof getters, context: GetterContext, value: unknown): unknown {
  const stack = getters[kind].items;
  const run = (i: number, value: unknown): unknown =>
    i === stack.length ? value : stack[i]((next) => run(i + 1, next), value, context);
  return run(0, value);
}

/** What the setters make of a value to be stored. */
export function runSetters(context: SetterContext, value: unknown): unknown {
  const stack = setters.items;
  const run = (i: number, value: unknown): unknown =>
    i === stack.length ? value : stack[i]((next) => run(i + 1, next), value, context);
  return run(0, value);
}

/** The error for a value that was not stored and that no getter supplied. */
export function notStored(fullName: string): TankaError {
  return new TankaError(
    'value-not-stored',
    `'${fullName}' is not stored (its creator or initializer returned hk.DO_NOT_STORE) and no getter supplied a value. ` +
      'Run the code inside hk.customGetter with a getter that returns one.',
  );
}
