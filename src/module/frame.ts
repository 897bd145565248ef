import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import type { PRNGSequence } from '../random/prng-sequence.js';
import type { Module } from './module.js';
import { newNameScope, type NameScope } from './names.js';

/** Trainable arrays by module name, then parameter name, in the order of creation. */
export type Params = Record<string, Record<string, Tensor>>;

/** Non-trainable arrays by module name, then entry name, in the order of creation. */
export type State = Record<string, Record<string, Tensor>>;

/** A state entry: what it was first, which `init` returns, and what it is now, which `apply` returns. */
export interface StatePair {
  readonly initial: unknown;
  current: unknown;
}

/** One running method of a module, with the names that it has given to submodules so far. */
export interface Activation extends NameScope {
  /** `null` between the start of a constructor and its call of `super`. */
  module: Module | null;
  /** Part that the method adds to the names of modules made in it: `''`, `'~/'` or `'~method/'`. */
  readonly prefix: string;
}

/** What one call of `init` or `apply` works on. */
export interface Frame {
  readonly params: Params;
  readonly state: Map<string, Map<string, StatePair>>;
  /** Sequences of keys, innermost last; the first is `null` when no key was given. */
  readonly rngs: (PRNGSequence | null)[];
  /** True in `apply`: missing parameters are errors. */
  readonly frozen: boolean;
  /** Running methods, innermost last. */
  readonly activations: Activation[];
  /** Names of the modules made at the top level. */
  readonly root: NameScope;
}

/** A frame with nothing created in it. */
export function newFrame(
  frame: Pick<Frame, 'params' | 'state' | 'frozen'> & { rng: PRNGSequence | null },
): Frame {
  return {
    params: frame.params,
    state: frame.state,
    frozen: frame.frozen,
    rngs: [frame.rng],
    activations: [],
    root: newNameScope(),
  };
}

const frames: Frame[] = [];

/** The frame of the innermost running `init` or `apply`, if any. */
export function maybeCurrentFrame(): Frame | undefined {
  return frames[frames.length - 1];
}

/**
 * @param caller public name of the function that needs a frame, for the message
 * @throws `outside-transform`
 */
export function currentFrame(caller: string): Frame {
  const frame = maybeCurrentFrame();
  if (frame === undefined) {
    throw new TankaError(
      'outside-transform',
      `hk.${caller} must be used inside a function given to hk.transform or hk.transformWithState. ` +
        'Wrap the function that calls it and use the `init` and `apply` of the result.',
    );
  }
  return frame;
}

/** Runs `f` with `frame` as the current one. */
export function withFrame<R>(frame: Frame, f: () => R): R {
  frames.push(frame);
  try {
    return f();
  } finally {
    frames.pop();
  }
}

/** The bundle that parameters and state made now belong to: the running module's name, or `~` outside of modules. */
export function currentBundleName(frame: Frame): string {
  const activation = frame.activations[frame.activations.length - 1] as Activation | undefined;
  if (activation === undefined) return '~';
  if (activation.module === null) {
    throw new TankaError(
      'super-not-called',
      'Parameters, state and submodules need the module to be named, which `super(...)` does. Call `super` first in the constructor.',
    );
  }
  return activation.module.moduleName;
}
