import type { Tensor } from '@tensorflow/tfjs-core';
import { maybeCurrentFrame, type Frame } from '../module/frame.js';
import { tensorsOf, tidyOwned, tidyTree } from '../tree/owned.js';

/** The parameters and state entries of a frame that were made since `mark`: they outlive the code that made them. */
export function tensorsMade(frame: Frame | undefined, mark: number): Tensor[] {
  if (frame === undefined) return [];
  const made: Tensor[] = [];
  const add = (value: unknown): void => {
    for (const tensor of tensorsOf(value)) if (tensor.id >= mark) made.push(tensor);
  };
  if (!frame.frozen) for (const entries of frame.params.values()) entries.forEach(add);
  for (const entries of frame.state.values()) {
    for (const { initial, current } of entries.values()) {
      add(current);
      if (initial !== current) add(initial);
    }
  }
  return made;
}

/** Runs `f` in a tidy scope that the tensors of its result and what it made in `frame` outlive. */
export function tidyInFrame<T>(frame: Frame | undefined, f: () => T): T {
  return tidyTree(f, frame && ((mark) => tensorsMade(frame, mark)));
}

/** {@link tidyInFrame} of the running `init` or `apply`, if any. */
export function tidyInCurrentFrame<T>(f: () => T): T {
  return tidyInFrame(maybeCurrentFrame(), f);
}

/** {@link tidyInFrame}; what it returns is the caller's alone. */
export function tidyOwnedInFrame<T>(frame: Frame | undefined, f: () => T): T {
  return tidyOwned(f, frame && ((mark) => tensorsMade(frame, mark)));
}
