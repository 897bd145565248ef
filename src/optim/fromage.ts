import { add, rsqrt, square, sub, mul, type Tensor } from '@tensorflow/tfjs-core';
import { chain } from './chain.js';
import { scaleByLearningRate } from './scale.js';
import type { Schedule } from './schedules/schedule.js';
import { scaleByTrustRatio } from './trust-ratio.js';
import { checkArgument } from './transformation.js';
import { addDecayedWeights } from './weight-decay.js';

/** A schedule made of another's values. */
function derived(
  inner: Schedule,
  onNumber: (rate: number) => number,
  onTensor: (rate: Tensor) => Tensor,
): Schedule {
  const { onTensor: innerOnTensor } = inner;
  return Object.assign((count: number) => onNumber(inner(count)), {
    onTensor: innerOnTensor && ((count: Tensor) => onTensor(innerOnTensor(count))),
  });
}

/**
 * Fromage (Bernstein et al., 2020): steps in proportion to the norms of layers, and nothing else to tune.
 *
 * @param learningRate a number or a schedule
 */
export function fromage(
  learningRate: number | Schedule,
  { minNorm = 1e-6 }: { readonly minNorm?: number } = {},
) {
  const shrink = (rate: number): number => 1 / Math.sqrt(1 + rate ** 2);
  const shrinkTensor = (rate: Tensor): Tensor => rsqrt(add(square(rate), 1));
  const isSchedule = typeof learningRate === 'function';
  checkArgument(
    isSchedule || typeof learningRate === 'number',
    'The learning rate',
    'a number or a schedule',
    learningRate,
  );
  const rate = isSchedule
    ? derived(
        learningRate,
        (r) => r * shrink(r),
        (r) => mul(r, shrinkTensor(r)),
      )
    : learningRate * shrink(learningRate);
  const decay = isSchedule
    ? derived(
        learningRate,
        (r) => shrink(r) - 1,
        (r) => sub(shrinkTensor(r), 1),
      )
    : shrink(learningRate) - 1;
  return chain(scaleByTrustRatio({ minNorm }), scaleByLearningRate(rate), addDecayedWeights(decay));
}
