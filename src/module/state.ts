import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { currentBundleName, currentFrame, type StatePair } from './frame.js';
import type { Initializer } from './parameters.js';

/** Options of {@link getState}. */
export interface StateOptions {
  /** Makes the value when there is none yet. */
  readonly init?: Initializer | undefined;
  /** Default `float32`. */
  readonly dtype?: DataType | undefined;
}

function bundleOf(caller: string): { bundle: string; entries: Map<string, StatePair> } {
  const frame = currentFrame(caller);
  const bundle = currentBundleName(frame);
  let entries = frame.state.get(bundle);
  if (entries === undefined) frame.state.set(bundle, (entries = new Map<string, StatePair>()));
  return { bundle, entries };
}

/**
 * The state entry `name` of the running module, made by `init` when it is missing.
 *
 * @throws `outside-transform`; `state-missing` without an initializer; `state-shape-missing`
 */
export function getState<T = Tensor>(name: string, shape?: readonly number[], options: StateOptions = {}): T {
  const { bundle, entries } = bundleOf('getState');
  let pair = entries.get(name);
  if (pair === undefined) {
    if (options.init === undefined) {
      throw new TankaError(
        'state-missing',
        `There is no state '${name}' in '${bundle}' yet. Give it an initializer: getState('${name}', shape, { init }), or set it first.`,
      );
    }
    if (shape === undefined) {
      throw new TankaError(
        'state-shape-missing',
        `The state '${name}' of '${bundle}' does not exist yet and its initializer needs a shape: getState('${name}', shape, { init }).`,
      );
    }
    const value = options.init([...shape], options.dtype ?? 'float32');
    pair = { initial: value, current: value };
    entries.set(name, pair);
  }
  return pair.current as T;
}

/** Sets the state entry `name` of the running module to a tensor or any nesting of tensors. */
export function setState(name: string, value: unknown): void {
  const { entries } = bundleOf('setState');
  const pair = entries.get(name);
  if (pair === undefined) entries.set(name, { initial: value, current: value });
  else pair.current = value;
}
