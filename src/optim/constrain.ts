import { add, any, isNaN, less, neg, scalar, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { masked, type Mask, type MaskedState } from './masked.js';
import { zerosTree } from './moments.js';
import {
  requireParams,
  stateless,
  transformation,
  type EmptyState,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** Replaces updates by zeros: for parameters that shall not move. */
export function setToZero(): GradientTransformation<EmptyState> {
  return stateless(zerosTree);
}

/** {@link setToZero} for the leaves where the mask is `true`: those parameters do not move. */
export function freeze(mask: Mask): GradientTransformation<MaskedState<EmptyState>> {
  return masked(setToZero(), mask);
}

/** Keeps parameters from becoming negative. */
export function keepParamsNonnegative(): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    mapUpdates(
      (u: Tensor, p: Tensor) => where(less(add(p, u), 0), neg(p), u),
      updates,
      requireParams(params, 'keepParamsNonnegative'),
    ),
  );
}

/** State of {@link zeroNans}: for each leaf, a bool that says whether it had a NaN. */
export interface ZeroNansState {
  readonly foundNan: Updates;
}

/** Replaces NaN by 0, and remembers where there was one. */
export function zeroNans(): GradientTransformation<ZeroNansState> {
  return transformation<ZeroNansState>(
    (params) => ({ foundNan: mapUpdates(() => scalar(false, 'bool'), params) }),
    (updates) => [
      mapUpdates((g) => where(isNaN(g), zerosLike(g), g), updates),
      { foundNan: mapUpdates((g) => any(isNaN(g)), updates) },
    ],
  );
}
