import { cast, expandDims, less, mul, range, reshape, where, type Tensor } from '@tensorflow/tfjs-core';
import { map } from '../../tree/tree.js';
import { checkDtype, show, wrongShape } from '../input-checks.js';

/**
 * Which examples of a batch are not over yet at each step.
 *
 * @param sequenceLengths int32 `[batch]`
 * @returns bool `[steps, batch]`
 * @throws `input-dtype`; `input-shape`
 */
export function runningSteps(caller: string, sequenceLengths: Tensor, steps: number): Tensor {
  checkDtype(caller, sequenceLengths, 'int32', 'sequenceLengths');
  if (sequenceLengths.rank !== 1) throw wrongShape(caller, sequenceLengths, '[batch]', 'sequenceLengths');
  return less(expandDims(range(0, steps, 1, 'int32'), 1), expandDims(sequenceLengths, 0));
}

/** @throws `input-shape` when the lengths are of another batch */
function alongBatch(running: Tensor, like: Tensor): Tensor {
  if (running.size !== like.shape[0]) {
    throw wrongShape(
      'hk.dynamicUnroll',
      running,
      `one length for each of the batch of ${show(like)}`,
      'sequenceLengths',
    );
  }
  return reshape(running, [running.size, ...Array<number>(like.rank - 1).fill(1)]);
}

/** The result of a step where an example that is over keeps its state and gives zeros. */
export function holdFinished<Output, State>(
  running: Tensor,
  [output, next]: readonly [Output, State],
  previous: State,
): [Output, State] {
  const kept = map((y: Tensor) => mul(y, cast(alongBatch(running, y), y.dtype)), output);
  const state = map((s: Tensor, before: Tensor) => where(alongBatch(running, s), s, before), next, previous);
  return [kept as Output, state as State];
}
