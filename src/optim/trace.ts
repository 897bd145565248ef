import { add, div, mul, type Tensor } from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { biasCorrection, increment, updateMoment, zeroCount, zerosTree } from './moments.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';

/** Decayed sum of gradients. */
export type TraceState = { readonly trace: Updates };

/** Decayed sum of gradients, the momentum of gradient descent: `t ← g + decay t`. */
export function trace(
  decay: number,
  { nesterov = false }: { readonly nesterov?: boolean } = {},
): GradientTransformation<TraceState> {
  const step = (g: Tensor, t: Tensor) => add(g, mul(t, decay));
  return transformation<TraceState>(
    (params) => ({ trace: zerosTree(params) }),
    (updates, state) => {
      const next = mapUpdates(step, updates, state.trace);
      return [nesterov ? mapUpdates(step, updates, next) : next, { trace: next }];
    },
  );
}

/** Steps done, and the moving average of gradients. */
export type EmaState = { readonly count: Tensor; readonly ema: Updates };

/** Moving average of gradients, divided by its bias when `debias` (the default). */
export function ema(
  decay: number,
  { debias = true }: { readonly debias?: boolean } = {},
): GradientTransformation<EmaState> {
  return transformation<EmaState>(
    (params) => ({ count: zeroCount(), ema: zerosTree(params) }),
    (updates, state) => {
      const count = increment(state.count);
      const next = mapUpdates((g: Tensor, m: Tensor) => updateMoment(g, m, decay), updates, state.ema);
      const divisor = biasCorrection(decay, count);
      return [debias ? mapUpdates((m: Tensor) => div(m, divisor), next) : next, { count, ema: next }];
    },
  );
}
