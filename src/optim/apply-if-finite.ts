import {
  all,
  cast,
  greater,
  isFinite,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  scalar,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { leaves, type Tree } from '../tree/tree.js';
import { choose } from './choose.js';
import { increment, zeroCount, zerosTree } from './moments.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';

/** State of {@link applyIfFinite}. */
export interface ApplyIfFiniteState<S> {
  /** int32: steps in a row whose gradients were not finite. */
  readonly notfiniteCount: Tensor;
  /** bool: whether the last gradients were finite. */
  readonly lastFinite: Tensor;
  /** int32: all steps whose gradients were not finite. */
  readonly totalNotfinite: Tensor;
  readonly innerState: S;
}

/**
 * Leaves out steps whose gradients are not all finite: their updates are zeros and the inner state stays.
 *
 * @param maxConsecutiveErrors after more such steps in a row, updates are applied all the same
 */
export function applyIfFinite<S>(
  inner: GradientTransformation<S>,
  maxConsecutiveErrors: number,
): GradientTransformation<ApplyIfFiniteState<S>> {
  return transformation<ApplyIfFiniteState<S>>(
    (params) => ({
      notfiniteCount: zeroCount(),
      lastFinite: scalar(true, 'bool'),
      totalNotfinite: zeroCount(),
      innerState: inner.init(params),
    }),
    (updates, state, params) => {
      let finite: Tensor = scalar(true, 'bool');
      for (const leaf of leaves(updates as Tree<Tensor>)) {
        finite = logicalAnd(
          finite,
          tidy(() => all(isFinite(leaf))),
        );
      }
      const broken = cast(logicalNot(finite), 'int32');
      const notfiniteCount = mul(increment(state.notfiniteCount), broken);
      const [next, innerState] = choose<[Updates, S]>(
        logicalOr(finite, greater(notfiniteCount, scalar(maxConsecutiveErrors, 'int32'))),
        () => inner.update(updates, state.innerState, params),
        () => [zerosTree(updates), state.innerState],
      );
      const totalNotfinite = choose<Tensor>(
        finite,
        () => state.totalNotfinite,
        () => increment(state.totalNotfinite),
      );
      return [next, { notfiniteCount, lastFinite: finite, totalNotfinite, innerState }];
    },
  );
}
