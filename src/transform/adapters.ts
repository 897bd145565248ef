import { TankaError } from '../errors/tanka-error.js';
import type { Params, State } from '../module/frame.js';
import { dispose } from '../tree/tree.js';
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

function checkNoState(result: unknown, state: State): void {
  const bundles = Object.keys(state);
  if (bundles.length > 0) {
    dispose([result, state]);
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
  const init = (rng: RngLike, ...args: Args): Params => {
    const [params, state] = pair.init(rng, ...args);
    checkNoState(params, state);
    return params;
  };
  const apply = (params: Params, rng: RngLike, ...args: Args): R => {
    const [result, state] = pair.apply(params, {}, rng, ...args);
    checkNoState(result, state);
    return result;
  };
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
