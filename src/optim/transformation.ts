import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { tidyOwned } from '../tree/owned.js';
import type { Tree } from '../tree/tree.js';

/** Parameters, gradients or updates: any nesting of float32 tensors. */
export type Updates = Tree<Tensor>;

/** State of a transformation: a nesting of tensors, which saves like parameters. */
export type OptState = Tree<Tensor>;

/** State of a transformation that has none. */
export type EmptyState = Record<string, never>;

/** A pair of pure functions over trees, as in Optax. What they return is the caller's. */
export interface GradientTransformation<S = OptState> {
  /** The state before the first step. */
  readonly init: (this: void, params: Updates) => S;
  /**
   * Turns gradients into updates, which {@link applyUpdates} adds to the parameters.
   *
   * @param params the parameters, for those transformations that look at them
   */
  readonly update: <P>(this: void, updates: P, state: S, params?: P) => [updates: P, state: S];
}

/** A transformation of whatever state, where several of different ones stand in one object. */
export interface AnyGradientTransformation {
  /** The state before the first update. */
  readonly init: (this: void, params: Updates) => unknown;
  /** The updates to apply, and the next state. */
  readonly update: <P>(this: void, updates: P, state: never, params?: P) => [updates: P, state: unknown];
}

type Update<S> = (updates: Updates, state: S, params: Updates) => [Updates, S];

/** Makes a transformation whose functions free their intermediates and return tensors of their own. */
export function transformation<S>(
  init: (params: Updates) => S,
  update: Update<S>,
): GradientTransformation<S> {
  return {
    init: (params) => tidyOwned(() => init(params)),
    update: <P>(updates: P, state: S, params?: P) =>
      tidyOwned(() => update(updates as Updates, state, params as Updates)) as [P, S],
  };
}

/** A transformation without state, from its update alone. */
export function stateless(
  f: (updates: Updates, params: Updates) => Updates,
): GradientTransformation<EmptyState> {
  return transformation<EmptyState>(
    () => ({}),
    (updates, state, params) => [f(updates, params), state],
  );
}

/** Leaves updates as they are. */
export function identity(): GradientTransformation<EmptyState> {
  return stateless((updates) => updates);
}

/** The parameters, which some transformations need. */
export function requireParams(params: Updates, name: string): Updates {
  if (params === undefined || params === null) {
    throw new TankaError(
      'optim-params-missing',
      `${name} looks at the parameters, but update was called without them. Pass them third: tx.update(grads, state, params).`,
    );
  }
  return params;
}

/** Refuses an argument outside its range. */
export function checkArgument(valid: boolean, name: string, expected: string, value: unknown): void {
  if (!valid) {
    throw new TankaError(
      'optim-argument-invalid',
      `${name} must be ${expected}, but got ${String(value)} (${typeof value}).`,
    );
  }
}
