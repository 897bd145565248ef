import type { Tensor } from '@tensorflow/tfjs-core';
import { gradientDepth } from '../backend/engine.js';
import { checkRecording, recordingNumber } from '../backend/recording.js';
import { TankaError } from '../errors/tanka-error.js';
import type { PRNGSequence } from '../random/prng-sequence.js';
import { newNameScope, type NameScope } from './names.js';

/** Trainable arrays by module name, then parameter name, in the order of creation. */
export type Params = Record<string, Record<string, Tensor>>;

/** Non-trainable arrays by module name, then entry name, in the order of creation. */
export type State = Record<string, Record<string, Tensor>>;

/** A state entry: what it was first, which `init` returns, and what it is now, which `apply` returns. */
export interface StatePair {
  readonly initial: unknown;
  readonly current: unknown;
}

/** Entries by module name, then entry name, in the order of creation. */
export type Bundles<V> = Map<string, Map<string, V>>;

/** One running method of a module, with the names that it has given to submodules so far. */
export interface Activation {
  /** `null` between the start of a constructor and its call of `super`. */
  module: ScopeOwner | null;
  /** Part that the method adds to the names of modules made in it: `''`, `'~/'` or `'~method/'`. */
  readonly prefix: string;
  names: NameScope;
  /** The arguments of a constructor. */
  readonly args?: readonly unknown[] | undefined;
}

/** What can own parameters: a module, or a name scope that stands for one. */
export interface ScopeOwner {
  readonly moduleName: string;
  /** Id of the frame that it was made in. @internal */
  readonly frameId: number;
  /** Of the module behind a lift: what the names of the inner parameters get in front. */
  readonly liftPrefix?: string;
}

/** What one call of `init` or `apply` works on. */
export interface Frame {
  /** Grows from frame to frame: an inner frame has a greater one than those around it. */
  readonly id: number;
  params: Bundles<Tensor>;
  state: Bundles<StatePair>;
  /** How many parameters and state entries were made in this frame. */
  readonly made: { params: number; state: number };
  /** Sequences of keys, innermost last; the first is `null` when no key was given. */
  rngs: (PRNGSequence | null)[];
  /** True in `apply`: missing parameters are errors. */
  readonly frozen: boolean;
  /** Running methods, innermost last. */
  activations: Activation[];
  /** The top level, where modules without a parent get their names. */
  root: { names: NameScope };
  /** How many gradients are being taken around the code that may use the frame. */
  gradientDepth: number;
  /** The recording of `hk.jit` that it was opened in, 0 for none. */
  readonly recording: number;
  /** Called when `init` or `apply` ends without an error. */
  readonly teardown: (() => void)[];
}

/** The entries of a bundle, which is made where it is missing. */
export function entriesIn<V>(bundles: Bundles<V>, bundle: string): Map<string, V> {
  let entries = bundles.get(bundle);
  if (entries === undefined) bundles.set(bundle, (entries = new Map<string, V>()));
  return entries;
}

/** Bundles as the plain objects that `init` and `apply` return. */
export function collect<V, R = Tensor>(
  bundles: Bundles<V>,
  value: (entry: V) => R,
): Record<string, Record<string, R>> {
  return Object.fromEntries(
    [...bundles].map(([bundle, entries]) => [
      bundle,
      Object.fromEntries([...entries].map(([name, entry]) => [name, value(entry)])),
    ]),
  );
}

let lastFrameId = 0;

/** A frame with nothing created in it. */
export function newFrame(given: Pick<Frame, 'params' | 'state' | 'frozen' | 'rngs'>): Frame {
  return {
    id: ++lastFrameId,
    ...given,
    made: { params: 0, state: 0 },
    activations: [],
    root: { names: newNameScope() },
    gradientDepth: gradientDepth(),
    recording: recordingNumber(),
    teardown: [],
  };
}

const frames: Frame[] = [];
let current: Frame | undefined;

/** The frame of the innermost running `init` or `apply`, if any. */
export function maybeCurrentFrame(): Frame | undefined {
  return current;
}

/**
 * @param caller public name of the function that needs a frame, for the message
 * @throws `outside-transform`; `jit-untraceable` in a recording that the frame is around
 */
export function currentFrame(caller: string): Frame {
  if (current === undefined) {
    throw new TankaError(
      'outside-transform',
      `hk.${caller} must be used inside a function given to hk.transform or hk.transformWithState: ` +
        'use the `init` and `apply` of the result.',
    );
  }
  checkRecording(current.recording, caller);
  return current;
}

/** Runs `f` with `frame` as the current one. */
export function withFrame<R>(frame: Frame, f: () => R): R {
  frames.push(frame);
  current = frame;
  try {
    return f();
  } finally {
    frames.pop();
    current = frames.at(-1);
  }
}

/** The innermost running method, if any. */
export function topActivation(frame: Frame): Activation | undefined {
  return frame.activations.at(-1);
}

/** Where modules made now get their names. */
export function currentScope(frame: Frame): { names: NameScope } {
  return topActivation(frame) ?? frame.root;
}

/** Runs `f` as a method of `module`: submodules made in it are named after it. */
export function runActivation<R>(
  frame: Frame,
  module: ScopeOwner | null,
  prefix: string,
  f: () => R,
  args?: readonly unknown[],
): R {
  const { activations } = frame;
  activations.push({ module, prefix, names: newNameScope(), args });
  try {
    return f();
  } finally {
    activations.pop();
  }
}

const boundaries: number[] = [];
let checkBoundary: ((module: ScopeOwner) => void) | null = null;

/** @throws `lift-closure` */
function refuseOutside(module: ScopeOwner): void {
  if (boundaries.length === 0 || module.frameId >= boundaries[boundaries.length - 1]) return;
  throw new TankaError(
    'lift-closure',
    `The module '${module.moduleName}' was made outside of the function of hk.transparentLift or hk.layerStack. ` +
      'Make it inside: parameters from outside are not carried in.',
  );
}

/** Runs `f`; modules made in the current frame or one around it may not be used in it, only those of frames that `f` opens. */
export function withClosureBoundary<R>(frame: Frame, f: () => R): R {
  // Set here, so that who never lifts does not load the check.
  checkBoundary = refuseOutside;
  boundaries.push(frame.id + 1);
  try {
    return f();
  } finally {
    boundaries.pop();
  }
}

/**
 * The full name of a running module, under which it makes parameters and submodules.
 *
 * @throws `super-not-called`; `lift-closure` for a module from outside of a transparently lifted function
 */
export function nameOf(module: ScopeOwner | null): string {
  if (module === null) {
    throw new TankaError(
      'super-not-called',
      'Parameters, state and submodules need a named module. Call `super` first in the constructor.',
    );
  }
  checkBoundary?.(module);
  return module.moduleName;
}

/** The bundle that parameters and state made now belong to: the running module's name, or `~` outside of modules. */
export function currentBundleName(frame: Frame): string {
  const activation = topActivation(frame);
  return activation === undefined ? '~' : nameOf(activation.module);
}

/**
 * The name of the running module or name scope, or `~` outside of modules.
 *
 * @throws `outside-transform`
 */
export function currentName(): string {
  return currentBundleName(currentFrame('currentName'));
}

/**
 * Where the parameters made now end up in the outermost transform: the prefixes of the lifts that are running, each
 * followed by `/`. `null` outside of lifts and in `apply`.
 */
export function liftedPrefix(): string | null {
  if (current === undefined || current.frozen) return null;
  const prefixes = frames.map((frame) => topActivation(frame)?.module?.liftPrefix ?? '');
  const prefix = prefixes.filter((part) => part !== '').join('/');
  return prefix === '' ? null : `${prefix}/`;
}
