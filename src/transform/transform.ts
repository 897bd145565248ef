import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { checkSynchronous } from '../module/asynchronous.js';
import {
  maybeCurrentFrame,
  newFrame,
  withFrame,
  type Frame,
  type Params,
  type State,
  type StatePair,
} from '../module/frame.js';
import { isKey } from '../random/key.js';
import { PRNGSequence } from '../random/prng-sequence.js';
import { guardLeaves, tidyOwned } from '../tree/owned.js';
import { isNode } from '../tree/tree.js';
import {
  pairInfo,
  tagPairFunction,
  type PairInfo,
  type RngLike,
  type Transformed,
  type TransformedWithoutRng,
  type TransformedWithState,
  type TransformedWithStateWithoutRng,
  type WrapperArgument,
} from './pair.js';

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown;

/** Makes a function that returns a promise a compile error. */
export type Synchronous<F extends AnyFunction> =
  ReturnType<F> extends PromiseLike<unknown> ? 'A transformed function must not be async' : unknown;

/** Options of {@link transform} and {@link transformWithState}. */
export interface TransformOptions {
  /** Order in which the function takes the arguments of a wrapper layer. Default `['inputs', 'training']`. */
  readonly argNames?: readonly WrapperArgument[];
}

function toSequence(rng: RngLike, signature: string): PRNGSequence | null {
  if (rng === null) return null;
  const valid = typeof rng === 'number' || typeof rng === 'bigint' || isKey(rng) || Array.isArray(rng);
  if (!valid) {
    throw new TankaError(
      'rng-invalid',
      `The key in ${signature} must be a key, an integer seed, [key, subkeys] or null, but got ${String(rng)} (${typeof rng}).`,
    );
  }
  return new PRNGSequence(rng);
}

function checkBundles(value: unknown, code: 'params-invalid' | 'state-invalid', what: string): Params {
  if (value === null || value === undefined) return {};
  if (!isNode(value) || Array.isArray(value)) {
    throw new TankaError(
      code,
      `The ${what} given to apply must be an object { [moduleName]: { [name]: tensor } }, but got ${Array.isArray(value) ? 'an array' : String(value)}. ` +
        `Pass the ${what} that init returned.`,
    );
  }
  return value as Params;
}

function startState(state: State): Frame['state'] {
  const pair = (value: unknown): StatePair => ({ initial: value, current: value });
  return new Map(
    Object.entries(state).map(([bundle, entries]) => [
      bundle,
      new Map(Object.entries(entries).map(([name, value]) => [name, pair(value)])),
    ]),
  );
}

function collectState(frame: Frame, which: keyof StatePair): State {
  const entries = [...frame.state].map(([bundle, pairs]) => [
    bundle,
    Object.fromEntries([...pairs].map(([name, pair]) => [name, pair[which]])),
  ]);
  return Object.fromEntries(entries) as State;
}

/**
 * Turns a function that makes parameters and state into a pair of pure functions.
 *
 * @param f any synchronous function; it is not run here
 * @throws `async-function` (from init and apply) and whatever `f` throws
 */
export function transformWithState<F extends AnyFunction>(
  f: F & Synchronous<F>,
  options: TransformOptions = {},
): TransformedWithState<Parameters<F>, ReturnType<F>> {
  type Args = Parameters<F>;
  const run = (args: Args): ReturnType<F> =>
    checkSynchronous(
      (f as (...a: Args) => ReturnType<F>)(...args),
      () => `The transformed function ${f.name}`,
    );

  const init = (rng: RngLike, ...args: Args): [Params, State] => {
    const frame = newFrame({
      params: {},
      state: new Map(),
      frozen: false,
      rng: toSequence(rng, 'init(rng, ...args)'),
    });
    return tidyOwned(() => {
      withFrame(frame, () => run(args));
      return [frame.params, collectState(frame, 'initial')];
    });
  };
  const apply = (params: Params, state: State, rng: RngLike, ...args: Args): [ReturnType<F>, State] => {
    const frame = newFrame({
      params: checkBundles(params, 'params-invalid', 'params'),
      state: startState(checkBundles(state, 'state-invalid', 'state')),
      frozen: true,
      rng: toSequence(rng, 'apply(params, state, rng, ...args)'),
    });
    return tidyOwned(() => {
      const result = withFrame(frame, () => run(args));
      return [result, collectState(frame, 'current')];
    });
  };
  const info = {
    stateful: true,
    rng: true,
    original: f,
    argNames: options.argNames ?? ['inputs', 'training'],
  } as const;
  return {
    init: tagPairFunction(init, { ...info, role: 'init' }),
    apply: tagPairFunction(apply, { ...info, role: 'apply' }),
  };
}

/**
 * Turns a function that makes parameters, but no state, into a pair of pure functions.
 *
 * @throws `state-not-empty` from init and apply when `f` uses state
 */
export function transform<F extends AnyFunction>(
  f: F & Synchronous<F>,
  options: TransformOptions = {},
): Transformed<Parameters<F>, ReturnType<F>> {
  return withoutState(transformWithState<F>(f, options));
}

function infoOf(f: AnyFunction, change: Partial<PairInfo>): PairInfo {
  const info = pairInfo(f);
  if (info === undefined) {
    throw new TankaError(
      'not-a-pair',
      'Expected the { init, apply } that hk.transform or hk.transformWithState returned, but these functions come from elsewhere.',
    );
  }
  return { ...info, ...change };
}

function checkNoState(state: State): void {
  const bundles = Object.keys(state);
  if (bundles.length > 0) {
    throw new TankaError(
      'state-not-empty',
      `The transformed function uses state (of ${bundles.map((name) => `'${name}'`).join(', ')}). Use hk.transformWithState, whose init and apply carry it.`,
    );
  }
}

/** Drops the state of a pair whose function has none. */
export function withoutState<Args extends readonly unknown[], R>(
  pair: TransformedWithState<Args, R>,
): Transformed<Args, R> {
  const init = (rng: RngLike, ...args: Args): Params =>
    guardLeaves(
      tidy(() => {
        const [params, state] = pair.init(rng, ...args);
        checkNoState(state);
        return params;
      }),
    );
  const apply = (params: Params, rng: RngLike, ...args: Args): R =>
    guardLeaves(
      tidy(() => {
        const [result, state] = pair.apply(params, {}, rng, ...args);
        checkNoState(state);
        return result as R & Tensor;
      }),
    );
  return {
    init: tagPairFunction(init, infoOf(pair.init, { stateful: false })),
    apply: tagPairFunction(apply, infoOf(pair.apply, { stateful: false })),
  };
}

/** Gives a pair without state the signature of one with state; the state that comes in is ignored, what comes out is empty. */
export function withEmptyState<Args extends readonly unknown[], R>(
  pair: Transformed<Args, R>,
): TransformedWithState<Args, R> {
  const init = (rng: RngLike, ...args: Args): [Params, State] => [pair.init(rng, ...args), {}];
  const apply = (params: Params, _state: State, rng: RngLike, ...args: Args): [R, State] => [
    pair.apply(params, rng, ...args),
    {},
  ];
  return {
    init: tagPairFunction(init, infoOf(pair.init, { stateful: true })),
    apply: tagPairFunction(apply, infoOf(pair.apply, { stateful: true })),
  };
}

/** Drops the key of `apply`, for functions that draw no random numbers there. */
export function withoutApplyRng<Args extends readonly unknown[], R>(
  pair: TransformedWithState<Args, R>,
): TransformedWithStateWithoutRng<Args, R>;
export function withoutApplyRng<Args extends readonly unknown[], R>(
  pair: Transformed<Args, R>,
): TransformedWithoutRng<Args, R>;
export function withoutApplyRng<Args extends readonly unknown[], R>(
  pair: Transformed<Args, R> | TransformedWithState<Args, R>,
): TransformedWithoutRng<Args, R> | TransformedWithStateWithoutRng<Args, R> {
  const info = infoOf(pair.apply, { rng: false });
  if (info.stateful) {
    const { init, apply } = pair as TransformedWithState<Args, R>;
    const withoutRng = (params: Params, state: State, ...args: Args): [R, State] =>
      apply(params, state, null, ...args);
    return { init, apply: tagPairFunction(withoutRng, info) };
  }
  const { init, apply } = pair as Transformed<Args, R>;
  const withoutRng = (params: Params, ...args: Args): R => apply(params, null, ...args);
  return { init, apply: tagPairFunction(withoutRng, info) };
}

/** True while `init` runs, false while `apply` does. */
export function runningInit(): boolean {
  const frame = maybeCurrentFrame();
  if (frame === undefined) {
    throw new TankaError(
      'outside-transform',
      'hk.runningInit must be used inside a function given to hk.transform or hk.transformWithState.',
    );
  }
  return !frame.frozen;
}
