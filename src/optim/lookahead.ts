import { add, equal, mul, scalar, sub, type Tensor } from '@tensorflow/tfjs-core';
import { choose } from './choose.js';
import { mapUpdates } from './map-updates.js';
import { zeroCount, increment, zerosTree } from './moments.js';
import { tidyOwned } from '../tree/owned.js';
import { checkArgument, requireParams, type GradientTransformation, type Updates } from './transformation.js';

/** The parameters that the inner optimizer moves, and those that follow them. */
export interface LookaheadParams<P> {
  readonly fast: P;
  readonly slow: P;
}

/** State of {@link lookahead}. */
export interface LookaheadState<S> {
  readonly fastState: S;
  /** int32: steps since fast and slow parameters were made equal. */
  readonly stepsSinceSync: Tensor;
}

/** What {@link lookahead} returns: it takes gradients of the fast parameters and gives updates of both. */
export interface LookaheadTransformation<S> {
  /** The state before the first update. */
  readonly init: <P>(this: void, params: LookaheadParams<P>) => LookaheadState<S>;
  /** One update of both kinds of parameters, and the next state. */
  readonly update: <P>(
    this: void,
    updates: P,
    state: LookaheadState<S>,
    params: LookaheadParams<P>,
  ) => [updates: LookaheadParams<P>, state: LookaheadState<S>];
}

/** Options of {@link lookahead}. */
export interface LookaheadOptions {
  /** Begins the inner optimizer anew whenever parameters are made equal. Default `false`. */
  readonly resetState?: boolean;
}

/** Fast and slow parameters that begin as copies of the same. */
export function lookaheadParams<P>(params: P): LookaheadParams<P> {
  return tidyOwned(() => ({ fast: params, slow: params }));
}

/**
 * k steps of an optimizer forward, one step back (Zhang et al., 2019). Evaluate with the slow parameters.
 *
 * @param syncPeriod steps of the fast parameters between two of the slow ones
 * @param slowStepSize part of the way to the fast parameters that the slow ones go
 */
export function lookahead<S>(
  fastOptimizer: GradientTransformation<S>,
  syncPeriod: number,
  slowStepSize: number,
  { resetState = false }: LookaheadOptions = {},
): LookaheadTransformation<S> {
  checkArgument(
    Number.isInteger(syncPeriod) && syncPeriod >= 1,
    'syncPeriod',
    'a whole number of at least 1',
    syncPeriod,
  );
  return {
    init: (params) =>
      tidyOwned(() => ({
        fastState: fastOptimizer.init(params.fast as Updates),
        stepsSinceSync: zeroCount(),
      })),
    update: <P>(grads: P, state: LookaheadState<S>, params: LookaheadParams<P>) =>
      tidyOwned((): [LookaheadParams<P>, LookaheadState<S>] => {
        requireParams(params as unknown as Updates, 'lookahead');
        const fast = params.fast as Updates;
        const [updates, fastState] = fastOptimizer.update(grads as Updates, state.fastState, fast);
        const synchronise = (): [LookaheadParams<Updates>, LookaheadState<S>] => {
          const difference = mapUpdates(
            (f, u, s) => sub(add(f, u), s),
            fast,
            updates,
            params.slow as Updates,
          );
          const both = {
            fast: mapUpdates((u, d) => sub(u, mul(d, 1 - slowStepSize)), updates, difference),
            slow: mapUpdates((d) => mul(d, slowStepSize), difference),
          };
          const state = resetState ? fastOptimizer.init(fast) : fastState;
          return [both, { fastState: state, stepsSinceSync: zeroCount() }];
        };
        const goOn = (): [LookaheadParams<Updates>, LookaheadState<S>] => [
          { fast: updates, slow: zerosTree(updates) },
          { fastState, stepsSinceSync: increment(state.stepsSinceSync) },
        ];
        const isLast = equal(state.stepsSinceSync, scalar(syncPeriod - 1, 'int32'));
        return choose(isLast, synchronise, goOn) as [LookaheadParams<P>, LookaheadState<S>];
      }),
  };
}
