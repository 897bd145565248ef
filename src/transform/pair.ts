import { define } from '../backend/define.js';
import type { Params, State } from '../module/frame.js';
import type { KeyOrSeed } from '../random/prng-sequence.js';

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown;

/** What `init` and `apply` take as their key: a key, an integer seed, the state of a {@link PRNGSequence}, or `null` for none. */
export type RngLike = KeyOrSeed | null;

/** A function whose parameters are pure arguments: what {@link transform} returns. */
export interface Transformed<Args extends readonly unknown[], Result> {
  /** Runs the function once and returns the parameters it made, which the caller owns. */
  readonly init: (this: void, rng: RngLike, ...args: Args) => Params;
  /** Runs the function on given parameters and returns its result, which the caller owns. */
  readonly apply: (this: void, params: Params, rng: RngLike, ...args: Args) => Result;
}

/** A function whose parameters and state are pure arguments: what {@link transformWithState} returns. */
export interface TransformedWithState<Args extends readonly unknown[], Result> {
  /** Runs the function once and returns the parameters and the initial state it made, which the caller owns. */
  readonly init: (this: void, rng: RngLike, ...args: Args) => [params: Params, state: State];
  /** Runs the function on given parameters and state and returns its result and the new state, which the caller owns. */
  readonly apply: (
    this: void,
    params: Params,
    state: State,
    rng: RngLike,
    ...args: Args
  ) => [result: Result, state: State];
}

/** A {@link Transformed} without the key of `apply`. */
export interface TransformedWithoutRng<Args extends readonly unknown[], Result> {
  readonly init: Transformed<Args, Result>['init'];
  readonly apply: (this: void, params: Params, ...args: Args) => Result;
}

/** A {@link TransformedWithState} without the key of `apply`. */
export interface TransformedWithStateWithoutRng<Args extends readonly unknown[], Result> {
  readonly init: TransformedWithState<Args, Result>['init'];
  readonly apply: (this: void, params: Params, state: State, ...args: Args) => [result: Result, state: State];
}

/** The arguments that a wrapper layer knows. */
export type WrapperArgument = 'inputs' | 'training';

/** What the functions of a pair carry for those that take pairs (`withoutApplyRng`, the wrapper layers, summaries). */
export interface PairInfo {
  readonly role: 'init' | 'apply';
  readonly stateful: boolean;
  /** Whether the function takes a key. */
  readonly rng: boolean;
  /** The function that was transformed. */
  readonly original: (...args: never[]) => unknown;
  /** Which arguments of a wrapper layer the transformed function takes, in order. */
  readonly argNames: readonly WrapperArgument[];
}

// Of the global registry, so that a pair made by another copy of the package is known too.
const PAIR = Symbol.for('tanka.pair');

/** Writes what a function of a pair is on the function itself. */
export function tagPairFunction<F extends (...args: never[]) => unknown>(f: F, info: PairInfo): F {
  define(f, PAIR, info);
  return f;
}

/** What a function of a pair is, or `undefined` for any other value. */
export function pairInfo(f: unknown): PairInfo | undefined {
  return typeof f === 'function' ? (f as { [PAIR]?: PairInfo })[PAIR] : undefined;
}
