import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { masked, type Mask, type MaskedState } from './masked.js';
import { increment, zeroCount } from './moments.js';
import type { ScaleByScheduleState } from './scale.js';
import { valueAt, type Schedule } from './schedules/schedule.js';
import {
  requireParams,
  transformation,
  type EmptyState,
  type GradientTransformation,
} from './transformation.js';

export type { Mask } from './masked.js';

/** State of {@link addDecayedWeights}: nothing for a constant decay without mask. */
export type AddDecayedWeightsState =
  EmptyState | ScaleByScheduleState | MaskedState<EmptyState | ScaleByScheduleState>;

/**
 * Adds a part of the parameters to the updates.
 *
 * @param weightDecay the part, or a schedule of it
 */
export function addDecayedWeights(
  weightDecay: number | Schedule = 0,
  { mask }: { readonly mask?: Mask | undefined } = {},
): GradientTransformation<AddDecayedWeightsState> {
  const scheduled = typeof weightDecay === 'function';
  const decay = transformation<EmptyState | ScaleByScheduleState>(
    (): EmptyState | ScaleByScheduleState => (scheduled ? { count: zeroCount() } : {}),
    (updates, state, params) => {
      const weights = requireParams(params, 'addDecayedWeights');
      if (weightDecay === 0) return [updates, state];
      const part = scheduled ? valueAt(weightDecay, (state as ScaleByScheduleState).count) : weightDecay;
      const decayed = mapUpdates((g: Tensor, p: Tensor) => add(g, mul(p, part)), updates, weights);
      return [decayed, scheduled ? { count: increment((state as ScaleByScheduleState).count) } : state];
    },
  );
  return (mask === undefined ? decay : masked(decay, mask)) as GradientTransformation<AddDecayedWeightsState>;
}
