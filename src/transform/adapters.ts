import { TankaError } from '../errors/tanka-error.js';
import type { Params, State } from '../module/frame.js';
import { dispose, map } from '../tree/tree.js';
import {
  pairInfo,
  tagPairFunction,
  type AnyFunction,
  type PairInfo,
  type RngLike,
  type Transformed,
  type TransformedWithoutRng,
  type TransformedWithState,
  type TransformedWithStateWithoutRng,
} from './pair.js';

/** What a function of a pair is, with changes. @throws `not-a-pair` */
export function infoOf(f: AnyFunction, change: Partial<PairInfo> = {}): PairInfo {
  const info = pairInfo(f);
  if (info === undefined) {
    throw new TankaError(
      'not-a-pair',
      'These functions are not the { init, apply } of hk.transform or hk.transformWithState.',
    );
  }
  return { ...info, ...change };
}

/** @param withState the transform for functions with state */
function checkNoState(result: unknown, state: State, withState: string): void {
  const bundles = Object.keys(state);
  if (bundles.length > 0) {
    dispose([result, state]);
    throw new TankaError(
      'state-not-empty',
      `The transformed function uses state (of ${bundles.map((name) => `'${name}'`).join(', ')}). Use ${withState}, whose init and apply carry it.`,
    );
  }
}

type Init<Args extends readonly unknown[]> = TransformedWithState<Args, unknown>['init'];

/** Drops the empty state that an `init` returns. */
export function initWithoutState<Args extends readonly unknown[]>(
  init: Init<Args>,
  withState: string,
): Transformed<Args, unknown>['init'] {
  const run = (rng: RngLike, ...args: Args): Params => {
    const [params, state] = init(rng, ...args);
    checkNoState(params, state, withState);
    return params;
  };
  return tagPairFunction(run, { ...(pairInfo(init) as PairInfo), stateful: false });
}

/** Drops the empty state that an `apply` takes and returns. */
export function applyWithoutState<Args extends readonly unknown[], R>(
  apply: TransformedWithState<Args, R>['apply'],
  withState: string,
): Transformed<Args, R>['apply'] {
  const run = (params: Params, rng: RngLike, ...args: Args): R => {
    const [result, state] = apply(params, {}, rng, ...args);
    checkNoState(result, state, withState);
    return result;
  };
  return tagPairFunction(run, { ...(pairInfo(apply) as PairInfo), stateful: false });
}

/** Drops the state of a pair whose function has none. @throws `not-a-pair` */
export function withoutState<Args extends readonly unknown[], R>(
  pair: TransformedWithState<Args, R>,
): Transformed<Args, R> {
  infoOf(pair.init);
  infoOf(pair.apply);
  return dropState(pair);
}

/** {@link withoutState} of what is known to be a pair. */
export function dropState<Args extends readonly unknown[], R>({
  init,
  apply,
}: TransformedWithState<Args, R>): Transformed<Args, R> {
  const withState = 'hk.transformWithState';
  return { init: initWithoutState(init, withState), apply: applyWithoutState(apply, withState) };
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

/** The functions of a nesting without their key. */
export type WithoutRng<Applies> = Applies extends (
  this: void,
  params: Params,
  state: State,
  rng: RngLike,
  ...args: infer A
) => [infer R, State]
  ? (this: void, params: Params, state: State, ...args: A) => [result: R, state: State]
  : Applies extends (this: void, params: Params, rng: RngLike, ...args: infer A) => infer R
    ? (this: void, params: Params, ...args: A) => R
    : { readonly [K in keyof Applies]: WithoutRng<Applies[K]> };

/**
 * Drops the key of `apply`, for functions that draw no random numbers there. Of a {@link MultiTransformed} it drops those of all.
 *
 * @throws `not-a-pair`
 */
export function withoutApplyRng<Args extends readonly unknown[], R>(
  pair: TransformedWithState<Args, R>,
): TransformedWithStateWithoutRng<Args, R>;
export function withoutApplyRng<Args extends readonly unknown[], R>(
  pair: Transformed<Args, R>,
): TransformedWithoutRng<Args, R>;
export function withoutApplyRng<Init, Applies>(pair: {
  readonly init: Init;
  readonly apply: Applies;
}): { readonly init: Init; readonly apply: WithoutRng<Applies> };
export function withoutApplyRng(pair: { readonly init: AnyFunction; readonly apply: unknown }): unknown {
  return { init: pair.init, apply: map(withoutRng, pair.apply) };
}

function withoutRng(apply: AnyFunction): AnyFunction {
  const info = infoOf(apply, { rng: false });
  const call = apply as (...all: unknown[]) => unknown;
  const lacking = info.stateful
    ? (params: Params, state: State, ...args: unknown[]) => call(params, state, null, ...args)
    : (params: Params, ...args: unknown[]) => call(params, null, ...args);
  return tagPairFunction(lacking, info);
}
