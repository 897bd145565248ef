import type { Tensor } from '@tensorflow/tfjs-core';
import { recompute } from '../backend/recompute.js';
import { maybeCurrentFrame, withFrame, type Frame } from '../module/frame.js';
import { copyNameScope } from '../module/names.js';
import { captureStacks } from '../module/scoped-stack.js';
import { PRNGSequence } from '../random/prng-sequence.js';
import { checkAlive } from '../tree/alive.js';
import { tensorsOf } from '../tree/owned.js';
import { internalState, restoreInternalState } from './internal-state.js';
import { tensorsMade, tidyInFrame } from './ownership.js';
import type { AnyFunction } from './pair.js';

/** What runs a function again as it ran in `frame` now, without a trace in the frame. */
function captureFrame(frame: Frame): <R>(f: () => R) => R {
  const before = internalState(frame);
  const activations = frame.activations.map((activation) => ({
    ...activation,
    names: copyNameScope(activation.names),
  }));
  const root = { names: copyNameScope(frame.root.names) };
  const underStacks = captureStacks();
  return (f) => {
    const again: Frame = {
      ...frame,
      made: { ...frame.made },
      activations: activations.map((activation) => ({
        ...activation,
        names: copyNameScope(activation.names),
      })),
      root: { names: copyNameScope(root.names) },
      rngs: frame.rngs.map((sequence) => sequence && new PRNGSequence(sequence.internalState)),
    };
    restoreInternalState(again, before);
    return underStacks(() => withFrame(again, f));
  };
}

/**
 * A function that keeps nothing of the inside of `f` for the gradient: what is needed is computed again when the gradient is
 * taken. Costs time, saves memory. Inside a transform parameters, state, keys and names flow as without it.
 *
 * `f` is run again with the same keys and state; it should do nothing else than compute.
 */
export function remat<F extends AnyFunction>(f: F): F {
  const wrapped = (...args: Parameters<F>): unknown => {
    checkAlive(args, 'hk.remat');
    const frame = maybeCurrentFrame();
    const outputsOf = (owner: Frame | undefined): Tensor[] => {
      result = tidyInFrame(owner, () => f(...args));
      // State that `f` set is an output too: values flow on from it.
      return [...tensorsOf(result), ...tensorsMade(owner, 0)];
    };
    let result: unknown;
    const inCapture = frame && captureFrame(frame);
    recompute(
      () => outputsOf(frame),
      () => {
        const forward = result;
        const outputs =
          inCapture === undefined ? outputsOf(undefined) : inCapture(() => outputsOf(maybeCurrentFrame()));
        result = forward;
        return outputs;
      },
      tensorsOf(args),
    );
    return result;
  };
  return wrapped as unknown as F;
}
