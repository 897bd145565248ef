import type { Tensor } from '@tensorflow/tfjs-core';
import { currentScope, type Bundles, type Frame, type StatePair } from '../module/frame.js';
import { copyNameScope } from '../module/names.js';
import { PRNGSequence, type PRNGSequenceState } from '../random/prng-sequence.js';

/** What a transformed function has made and changed so far. */
export interface InternalState {
  readonly params: Bundles<Tensor>;
  readonly state: Bundles<StatePair>;
  readonly rng: PRNGSequenceState | null;
  readonly made: Frame['made'];
}

function copyBundles<V>(bundles: Bundles<V>): Bundles<V> {
  return new Map([...bundles].map(([bundle, entries]) => [bundle, new Map(entries)]));
}

function topSequence(frame: Frame): PRNGSequence | null {
  return frame.rngs[frame.rngs.length - 1];
}

/** A copy of what `frame` holds now; outside of transforms there is none. */
export function internalState<F extends Frame | undefined>(
  frame: F,
): InternalState | (F extends Frame ? never : undefined);
export function internalState(frame: Frame | undefined): InternalState | undefined {
  if (frame === undefined) return undefined;
  return {
    // In `apply` no parameter is ever added.
    params: frame.frozen ? frame.params : copyBundles(frame.params),
    state: copyBundles(frame.state),
    rng: topSequence(frame)?.internalState ?? null,
    made: { ...frame.made },
  };
}

/** Puts `frame` back to what it held. */
export function restoreInternalState(frame: Frame | undefined, saved: InternalState | undefined): void {
  if (frame === undefined || saved === undefined) return;
  const { params, state, rng } = saved;
  frame.params = frame.frozen ? params : copyBundles(params);
  frame.state = copyBundles(state);
  Object.assign(frame.made, saved.made);
  const sequence = topSequence(frame);
  if (sequence !== null && rng !== null) sequence.replaceInternalState(rng);
}

/** Runs `f` without changes of parameters that last, in `init` too. */
export function withOwnParams<R>(frame: Frame, f: () => R): R {
  const { params } = frame;
  frame.params = copyBundles(params);
  const result = f();
  frame.params = params;
  return result;
}

/** Runs `f` with names of its own: modules made later are named as if `f` had made none. */
export function withOwnNames<R>(frame: Frame | undefined, f: () => R): R {
  if (frame === undefined) return f();
  const scope = currentScope(frame);
  const { names } = scope;
  scope.names = copyNameScope(names);
  try {
    return f();
  } finally {
    scope.names = names;
  }
}

/** Runs `f` with `sequence` in place of the frame's own keys. */
export function withSequence<R>(frame: Frame, sequence: PRNGSequence, f: () => R): R {
  const { rngs } = frame;
  frame.rngs = [...rngs.slice(0, -1), sequence];
  try {
    return f();
  } finally {
    frame.rngs = rngs;
  }
}

/** Splits off keys, or drops reserved ones, so that the frame holds as many as the settings say: Haiku's loops do so at every step. */
export function reserveUpToFull(frame: Frame | undefined): void {
  if (frame !== undefined) topSequence(frame)?.reserveUpToFull();
}

function bundlesDiffer<V>(a: Bundles<V>, b: Bundles<V>, same: (x: V, y: V) => boolean): boolean {
  if (a === b) return false;
  if (a.size !== b.size) return true;
  return [...a].some(([bundle, entries]) => {
    const others = b.get(bundle);
    return (
      others?.size !== entries.size ||
      [...entries].some(([name, value]) => {
        const other = others.get(name);
        return other === undefined || !same(value, other);
      })
    );
  });
}

function sequencesDiffer(a: PRNGSequenceState | null, b: PRNGSequenceState | null): boolean {
  if (a === null || b === null) return a !== b;
  return a[0] !== b[0] || a[1].length !== b[1].length || a[1].some((subkey, i) => subkey !== b[1][i]);
}

/** Whether parameters or state were made or set, or keys drawn, between two copies. */
export function statesDiffer(a: InternalState | undefined, b: InternalState | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return (
    bundlesDiffer(a.params, b.params, Object.is) ||
    bundlesDiffer(a.state, b.state, (x, y) => x.current === y.current) ||
    sequencesDiffer(a.rng, b.rng)
  );
}
