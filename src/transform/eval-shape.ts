import { Tensor, tidy, type DataType } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { maybeCurrentFrame } from '../module/frame.js';
import { map } from '../tree/tree.js';
import { internalState, restoreInternalState, withOwnNames } from './internal-state.js';

/** Shape and dtype of a tensor. */
export interface ShapeDtype {
  readonly shape: number[];
  readonly dtype: DataType;
}

/** The nesting of `T` with a {@link ShapeDtype} for each tensor. */
export type ShapesOf<T> = T extends Tensor
  ? ShapeDtype
  : T extends object
    ? { [K in keyof T]: ShapesOf<T[K]> }
    : T;

/**
 * Runs `f` for the shapes of its result alone and hands the result to `read`. Nothing that `f` makes or changes is kept.
 */
export function runAbstractly<R, S>(f: () => R, read: (result: R) => S): S {
  const frame = maybeCurrentFrame();
  const before = frame && internalState(frame);
  let shapes: S | undefined;
  try {
    tidy(() => {
      shapes = read(withOwnNames(frame, f));
    });
  } finally {
    if (frame !== undefined && before !== undefined) restoreInternalState(frame, before);
  }
  return shapes as S;
}

/** The nesting of what `f` returns, with `{ shape, dtype }` in place of tensors. Nothing that `f` makes or changes is kept. */
export function evalShape<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  ...args: Args
): ShapesOf<R> {
  return runAbstractly(
    () => f(...args),
    (result) =>
      map(
        (leaf: Tensor) => (isTensor(leaf) ? { shape: leaf.shape, dtype: leaf.dtype } : leaf),
        result,
      ) as ShapesOf<R>,
  );
}
