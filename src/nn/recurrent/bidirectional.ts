import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { tidyInCurrentFrame } from '../../transform/ownership.js';
import { map } from '../../tree/tree.js';
import { dynamicUnroll, type Step, type StaticUnrollOptions } from './unroll.js';

/**
 * Unrolls one core from the first step to the last and another from the last to the first; beyond Haiku. With
 * `sequenceLengths`, the second starts at the last step of each example.
 *
 * @param inputSequence any nesting of `[time, batch, ...]`, or `[batch, time, ...]` with `timeMajor: false`
 * @param initialStates of the forward and of the backward core
 * @returns the outputs of both, joined along the last axis, and the last states `[forward, backward]`
 * @throws what {@link dynamicUnroll} throws
 */
export function bidirectionalUnroll<Input, Forward, Backward, Output>(
  forward: Step<Input, Forward, Output>,
  backward: Step<Input, Backward, Output>,
  inputSequence: Input,
  [forwardState, backwardState]: readonly [Forward, Backward],
  options: StaticUnrollOptions = {},
): [outputSequence: Output, finalStates: [Forward, Backward]] {
  return tidyInCurrentFrame(() => {
    const [ahead, last] = dynamicUnroll(forward, inputSequence, forwardState, options);
    const [back, first] = dynamicUnroll(backward, inputSequence, backwardState, {
      ...options,
      reverse: true,
    });
    const outputs = map((a: Tensor, b: Tensor) => concat([a, b], -1), ahead, back);
    return [outputs as Output, [last, first]];
  });
}
