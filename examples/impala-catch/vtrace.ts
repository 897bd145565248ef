import {
  concat,
  exp,
  expandDims,
  minimum,
  mul,
  add,
  slice,
  sub,
  tidy,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

/** What V-trace makes of a trajectory. */
export interface VTrace {
  /** What the values should have been, `[time, batch]`. */
  readonly targets: Tensor;
  /** How much better than expected each action was, `[time, batch]`. */
  readonly advantages: Tensor;
}

/**
 * V-trace (Espeholt et al., 2018, equation 1) with all thresholds 1.
 *
 * @param values of the states, `[time, batch]`
 * @param bootstrap value of the state after the last step, `[batch]`
 * @param rewards `[time, batch]`
 * @param discounts `[time, batch]`: 0 where the episode ends
 * @param logRhos logarithms of the ratios of learner's and actor's probabilities, `[time, batch]`
 */
export function vtrace(
  values: Tensor,
  bootstrap: Tensor,
  rewards: Tensor,
  discounts: Tensor,
  logRhos: Tensor,
): VTrace {
  return tidy(() => {
    const clippedRhos = minimum(exp(logRhos), 1);
    const shiftedBy = (x: Tensor, last: Tensor): Tensor => concat([slice(x, [1, 0]), expandDims(last, 0)], 0);
    const nextValues = shiftedBy(values, bootstrap);
    const deltas = mul(clippedRhos, sub(add(rewards, mul(discounts, nextValues)), values));
    const [, errors] = hk.scan(
      (error: Tensor, [delta, discount, c]: Tensor[]): [Tensor, Tensor] => {
        const next = add(delta, mul(mul(discount, c), error));
        return [next, next];
      },
      zerosLike(bootstrap),
      [deltas, discounts, clippedRhos],
      { reverse: true },
    );
    const targets = add(errors, values);
    const nextTargets = shiftedBy(targets, bootstrap);
    const advantages = mul(clippedRhos, sub(add(rewards, mul(discounts, nextTargets)), values));
    return { targets, advantages };
  });
}
