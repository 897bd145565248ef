import { stack, transpose, unstack, type Tensor } from '@tensorflow/tfjs-core';
import { flatten, leaves, map, unflatten, type Tree } from '../../tree/tree.js';
import { tidyInCurrentFrame } from '../../transform/ownership.js';
import { scan } from '../../transform/scan.js';
import { checkRank, wrongShape } from '../input-checks.js';
import { checkFunction, checkOptions } from '../option-checks.js';
import type { Core } from './core.js';
import { holdFinished, runningSteps } from './sequence-lengths.js';

/** Options of {@link staticUnroll}. */
export interface StaticUnrollOptions {
  /** Whether sequences are `[time, batch, ...]`; else `[batch, time, ...]`. Default `true`. */
  readonly timeMajor?: boolean;
  /**
   * int32 `[batch]`, beyond Haiku: from there on an example's state stays as it is, and its outputs are zero. The state must
   * have a batch dimension. Default: all steps.
   */
  readonly sequenceLengths?: Tensor;
}

/** Options of {@link dynamicUnroll}. */
export interface DynamicUnrollOptions extends StaticUnrollOptions {
  /** Goes from the last step to the first; outputs stay at the place of their inputs. Default `false`. */
  readonly reverse?: boolean;
  /** Returns the states after all steps, stacked along time, instead of the last one. Default `false`. */
  readonly returnAllStates?: boolean;
  /** Accepted for Haiku's sake: there is no compiled loop to unroll. */
  readonly unroll?: number;
}

/** A core, or a function that makes one step. */
export type Step<Input, State, Output> =
  Core<Input, State, Output> | ((inputs: Input, state: State) => readonly [Output, State]);

function stepOf<I, S, O>(caller: string, core: Step<I, S, O>): (inputs: I, state: S) => readonly [O, S] {
  checkFunction(caller, 'core', core, { orCall: true });
  return typeof core === 'function' ? core : (inputs, state) => core.call(inputs, state);
}

/** The length along time of the sequences, which must have that axis. */
function stepsOf(caller: string, sequence: unknown, timeAxis: number): number {
  const [first] = leaves(sequence as Tree<Tensor>);
  const expected = timeAxis === 0 ? '[time, ...]' : '[batch, time, ...]';
  checkRank(caller, first, { min: timeAxis + 1 }, expected);
  return first.shape[timeAxis];
}

/**
 * Calls a core for each step of a sequence, one after the other.
 *
 * @param inputSequence any nesting of `[time, batch, ...]`, or `[batch, time, ...]` with `timeMajor: false`
 * @param initialState state before the first step
 * @returns the outputs, stacked along time, and the last state
 * @throws `input-rank` without a time axis; `input-shape` without steps
 */
export function staticUnroll<Input, State, Output>(
  core: Step<Input, State, Output>,
  inputSequence: Input,
  initialState: State,
  options: StaticUnrollOptions = {},
): [outputSequence: Output, finalState: State] {
  return tidyInCurrentFrame(() => {
    const caller = 'hk.staticUnroll';
    const { timeMajor = true, sequenceLengths } = checkOptions(caller, options);
    const timeAxis = timeMajor ? 0 : 1;
    const steps = stepsOf(caller, inputSequence, timeAxis);
    if (steps === 0) {
      const [first] = leaves(inputSequence as Tree<Tensor>);
      throw wrongShape(caller, first, 'at least one step (hk.dynamicUnroll takes none too)', 'its sequence');
    }
    const step = stepOf(caller, core);
    const [sequences, nesting] = flatten(inputSequence as Tree<Tensor>);
    const columns = sequences.map((x) => unstack(x, timeAxis));
    const running = sequenceLengths && unstack(runningSteps(caller, sequenceLengths, steps));

    let state = initialState;
    const outputs: Output[] = [];
    for (let t = 0; t < steps; t++) {
      const inputs = unflatten(
        nesting,
        columns.map((column) => column[t]),
      );
      const result = step(inputs as Input, state);
      let output: Output;
      [output, state] = running === undefined ? result : holdFinished(running[t], result, state);
      outputs.push(output);
    }
    const [first, ...rest] = outputs;
    return [
      map((y: Tensor, ...ys: Tensor[]) => stack([y, ...ys], timeAxis), first, ...rest) as Output,
      state,
    ];
  });
}

function swapBatchAndTime(sequence: unknown): unknown {
  return map(
    (x: Tensor) => transpose(x, [1, 0, ...[...Array(x.rank - 2).keys()].map((i) => i + 2)]),
    sequence,
  );
}

/**
 * Calls a core for each step of a sequence by {@link scan}: parameters are made in the first step alone.
 *
 * @param inputSequence any nesting of `[time, batch, ...]`, or `[batch, time, ...]` with `timeMajor: false`
 * @param initialState state before the first step
 * @returns the outputs, stacked along time, and the last state, or all with `returnAllStates`
 * @throws `input-rank` without a time axis, and what {@link scan} throws
 */
export function dynamicUnroll<Input, State, Output>(
  core: Step<Input, State, Output>,
  inputSequence: Input,
  initialState: State,
  options: DynamicUnrollOptions = {},
): [outputSequence: Output, states: State] {
  return tidyInCurrentFrame(() => {
    const caller = 'hk.dynamicUnroll';
    const {
      timeMajor = true,
      sequenceLengths,
      reverse,
      returnAllStates = false,
      unroll,
    } = checkOptions(caller, options);
    const steps = stepsOf(caller, inputSequence, timeMajor ? 0 : 1);
    const step = stepOf(caller, core);
    const inputs = timeMajor ? inputSequence : swapBatchAndTime(inputSequence);
    const running = sequenceLengths ? runningSteps(caller, sequenceLengths, steps) : null;

    const [last, [outputs, states]] = scan(
      (state: State, x: { inputs: unknown; running: Tensor | null }): [State, [unknown, unknown]] => {
        const result = step(x.inputs as Input, state);
        const [output, next] = x.running === null ? result : holdFinished(x.running, result, state);
        return [next, [output, returnAllStates ? next : null]];
      },
      initialState,
      { inputs, running },
      { reverse, unroll },
    ) as [State, [unknown, unknown]];
    const inOrder = (tree: unknown): unknown => (timeMajor ? tree : swapBatchAndTime(tree));
    return [inOrder(outputs) as Output, returnAllStates ? (inOrder(states) as State) : last];
  });
}
