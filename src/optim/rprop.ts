import {
  clipByValue,
  equal,
  greater,
  less,
  mul,
  scalar,
  sign,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { chain } from './chain.js';
import { fullTree, mapTogether, zerosTree } from './moments.js';
import { scale } from './scale.js';
import {
  checkArgument,
  transformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** Step sizes, element by element, and the last updates. */
export type ScaleByRpropState = { readonly stepSizes: Updates; readonly prevUpdates: Updates };

/** Options of {@link rprop}. */
export interface RpropOptions {
  /** Factor of a step size when the gradient changes its sign. Default 0.5. */
  readonly etaMinus?: number;
  /** Factor of a step size when the gradient keeps its sign. Default 1.2. */
  readonly etaPlus?: number;
  /** Least step size. Default 1e-6. */
  readonly minStepSize?: number;
  /** Greatest step size. Default 50. */
  readonly maxStepSize?: number;
}

/**
 * Steps of a size of their own for each value, by the signs of its gradients alone (Riedmiller and Braun, 1993).
 *
 * @param learningRate first size of all steps
 */
export function scaleByRprop(
  learningRate: number,
  options: RpropOptions = {},
): GradientTransformation<ScaleByRpropState> {
  checkArgument(typeof learningRate === 'number', 'The learning rate', 'a number', learningRate);
  const { etaMinus = 0.5, etaPlus = 1.2, minStepSize = 1e-6, maxStepSize = 50 } = options;
  return transformation<ScaleByRpropState>(
    (params) => ({ stepSizes: fullTree(params, learningRate), prevUpdates: zerosTree(params) }),
    (updates, state) => {
      const [scaled, stepSizes, prevUpdates] = mapTogether(
        (g, size, last): [Tensor, Tensor, Tensor] => {
          const agreement = mul(g, last);
          const factor = where(greater(agreement, 0), scalar(etaPlus), scalar(etaMinus));
          const changed = clipByValue(mul(size, factor), minStepSize, maxStepSize);
          const nextSize = where(equal(agreement, 0), size, changed);
          const next = where(less(agreement, 0), zerosLike(g), mul(nextSize, sign(g)));
          // As in Optax, a step comes one call after its gradient, and not at all when the sign has changed.
          return [where(less(agreement, 0), zerosLike(g), last), nextSize, next];
        },
        updates,
        state.stepSizes,
        state.prevUpdates,
      );
      return [scaled, { stepSizes, prevUpdates }];
    },
  );
}

/** Rprop (Riedmiller and Braun, 1993), for gradients of all data. */
export function rprop(learningRate: number, options: RpropOptions = {}) {
  return chain(scaleByRprop(learningRate, options), scale(-1));
}
