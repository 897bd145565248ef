import { tidy, type Tensor, type DataType } from '@tensorflow/tfjs-core';
import { abstractTensor } from '../backend/shapes/abstract.js';
import { computingShapes, type ShapedKernel, type ShapeOptions } from '../backend/shapes/index.js';
import { withOwnTape } from '../backend/tape.js';
import { maybeCurrentFrame } from '../module/frame.js';
import { isNode, mapChildren, mapTensors } from '../tree/tree.js';
import { internalState, restoreInternalState, withOwnNames } from './internal-state.js';

export type { ShapedKernel };

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
export function runAbstractly<R, S>(f: () => R, read: (result: R) => S, options: ShapeOptions = {}): S {
  const frame = maybeCurrentFrame();
  const before = internalState(frame);
  let shapes: S | undefined;
  try {
    // With a tape of its own: a gradient around it has nothing to do with what has no values.
    computingShapes(
      () =>
        withOwnTape(() =>
          tidy(() => {
            shapes = read(withOwnNames(frame, f));
          }),
        ),
      options,
    );
  } finally {
    restoreInternalState(frame, before);
  }
  return shapes as S;
}

/** Shape and dtype in place of a tensor that is to be given. */
export interface ShapeDtypeLike {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** An argument of {@link evalShape}: as the function takes it, or with `{ shape, dtype }` in place of tensors. */
export type Shaped<T> =
  T | (T extends Tensor ? ShapeDtypeLike : T extends object ? { [K in keyof T]: Shaped<T[K]> } : T);

function isShapeDtype(node: object): node is ShapeDtype {
  const { shape, dtype } = node as Partial<ShapeDtype>;
  return Array.isArray(shape) && typeof dtype === 'string' && Object.keys(node).length === 2;
}

/** A nesting with tensors without values in place of `{ shape, dtype }`; while shapes are computed. */
export function withTensors(tree: unknown): unknown {
  if (!isNode(tree)) return tree;
  if (isShapeDtype(tree)) return abstractTensor(tree.shape, tree.dtype);
  return mapChildren(tree, withTensors);
}

/**
 * The nesting of what `f` returns, with `{ shape, dtype }` in place of tensors. `f` runs, but nothing is computed and no random
 * initial value is drawn; nothing that it makes or changes is kept.
 *
 * @param args as `f` takes them, or with `{ shape, dtype }` in place of tensors
 * @throws `shape-without-value` when `f` reads the values of a tensor
 */
export function evalShape<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  ...args: { [K in keyof Args]: Shaped<Args[K]> }
): ShapesOf<R> {
  return runAbstractly(
    () => f(...(args.map(withTensors) as unknown as Args)),
    (result) => mapTensors(({ shape, dtype }) => ({ shape, dtype }), result) as ShapesOf<R>,
  );
}
