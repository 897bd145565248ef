import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { DO_NOT_STORE, runCreators, runGetters, runSetters } from './creators.js';
import type { Entry } from './customisation.js';
import {
  collect,
  currentBundleName,
  currentFrame,
  entriesIn,
  type Frame,
  type State,
  type StatePair,
} from './frame.js';
import { initializerInForce, type StoringInitializer } from './parameters.js';
import { checkUsage } from './usage.js';

/** Options of {@link getState}. */
export interface StateOptions {
  /** Makes the value when there is none yet. */
  readonly init?: StoringInitializer | undefined;
  /** Default `float32`. */
  readonly dtype?: DataType | undefined;
}

function bundleOf(frame: Frame): { bundle: string; entries: Map<string, StatePair> } {
  const bundle = currentBundleName(frame);
  return { bundle, entries: entriesIn(frame.state, bundle) };
}

/**
 * The state entry `name` of the running module, made by `init` when it is missing. Its shape is not checked.
 *
 * @throws `outside-transform`; `state-missing` without an initializer; `state-shape-missing`; `value-not-stored`
 */
export function getState<T = Tensor>(name: string, shape?: readonly number[], options: StateOptions = {}): T {
  const frame = currentFrame('getState');
  checkUsage(frame, 'getState');
  const { bundle, entries } = bundleOf(frame);
  const { init, dtype = 'float32' } = options;
  const entry: Entry = { frame, bundle, name, shape, dtype, init };
  const pair = entries.get(name);
  let value: unknown = pair?.current;
  if (pair === undefined) {
    if (typeof init !== 'function') {
      throw new TankaError(
        'state-missing',
        `The state '${bundle}/${name}' does not exist yet. Pass an initializer: getState('${name}', shape, { init }), or set it first.`,
      );
    }
    if (shape === undefined) {
      throw new TankaError(
        'state-shape-missing',
        `The state '${bundle}/${name}' does not exist yet, and its initializer needs a shape: getState('${name}', shape, { init }).`,
      );
    }
    value = runCreators('state', { ...entry, shape }, initializerInForce(init));
    if (value === DO_NOT_STORE) {
      if (entries.size === 0) frame.state.delete(bundle);
    } else {
      entries.set(name, { initial: value, current: value });
      frame.made.state++;
    }
  }
  return runGetters('state', entry, value) as T;
}

/**
 * Sets the state entry `name` of the running module to a tensor or any nesting of tensors.
 *
 * @throws `outside-transform`
 */
export function setState(name: string, value: unknown): void {
  const frame = currentFrame('setState');
  checkUsage(frame, 'setState');
  const { bundle, entries } = bundleOf(frame);
  const stored = runSetters({ frame, bundle, name }, value);
  if (stored === DO_NOT_STORE) {
    if (entries.size === 0) frame.state.delete(bundle);
    return;
  }
  putState(frame, entries, name, stored);
}

/** Makes a value the current one of an entry; what it was first stays. */
export function putState(
  frame: Frame,
  entries: Map<string, StatePair>,
  name: string,
  current: unknown,
): void {
  const pair = entries.get(name);
  if (pair === undefined) frame.made.state++;
  entries.set(name, { initial: pair === undefined ? current : pair.initial, current });
}

/** The state of a frame as it was first, or as it is now. */
export function collectState(frame: Frame, which: keyof StatePair): State {
  return collect(frame.state, (pair) => pair[which] as Tensor);
}

/** A copy of the state as it was when it was made (in `init`) or given (in `apply`). */
export function getInitialState(): State {
  return collectState(currentFrame('getInitialState'), 'initial');
}

/** A copy of the state as it is now. */
export function getCurrentState(): State {
  return collectState(currentFrame('getCurrentState'), 'current');
}
