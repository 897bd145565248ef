import { zeros, type Tensor } from '@tensorflow/tfjs-core';
import { Module } from '../../module/module.js';
import { checkDtype, checkRank, wrongShape } from '../input-checks.js';
import { checkWhole } from '../option-checks.js';

/** What an unroll calls at each step: a module, or anything else with this method. */
export interface Core<Input, State, Output> {
  /** One step. */
  call(inputs: Input, state: State): readonly [output: Output, state: State];
}

/**
 * Base class of recurrent cores: `call` makes one step, `initialState` the state before the first.
 */
export abstract class RNNCore<State = unknown, Input = Tensor, Output = Tensor>
  extends Module
  implements Core<Input, State, Output>
{
  /**
   * @param inputs of one step
   * @param state the state of the step before
   * @returns the output of this step and its state, which is nested and shaped like the one before
   */
  abstract call(inputs: Input, state: State): [output: Output, state: State];

  /**
   * The state before the first step.
   *
   * @param batchSize `null` for a state without batch dimension
   */
  abstract initialState(batchSize: number | null): State;
}

/** A recurrent core of whatever types. */
export interface AnyRNNCore {
  /** One step. */
  call(inputs: never, state: never): readonly [output: unknown, state: unknown];
  /** The state before the first step; `null` for one without batch dimension. */
  initialState(batchSize: number | null): unknown;
}

/** Zeros `[batchSize, ...shape]`, or `[...shape]` without batch. @throws `layer-options` */
export function zeroState(shape: readonly number[], batchSize: number | null): Tensor {
  for (const size of [...shape, batchSize ?? 0]) checkWhole('initialState', 'size of a state', size, 0);
  return zeros(batchSize === null ? [...shape] : [batchSize, ...shape]);
}

/**
 * Checks one step of a core of vectors.
 *
 * @throws `input-not-tensor`; `input-rank`; `input-dtype`; `input-shape` for a state of another shape
 */
export function checkStep(core: Module, inputs: Tensor, state: Tensor | undefined, hiddenSize: number): void {
  checkRank(core, inputs, { min: 1, max: 2 }, '[batch, inputSize] or [inputSize]');
  checkDtype(core, inputs, 'float32');
  checkState(core, inputs, state, hiddenSize, 1);
}

/** @param rank of an input without batch @throws `input-not-tensor`; `input-dtype`; `input-shape` for a state of another shape */
export function checkState(
  core: Module,
  inputs: Tensor,
  state: Tensor | undefined,
  size: number,
  rank: number,
): void {
  checkDtype(core, state, 'float32', 'its state');
  const expected = [...inputs.shape.slice(0, -1), size];
  if (String(state.shape) === String(expected)) return;
  const [batch] = inputs.rank > rank ? inputs.shape : [null];
  throw wrongShape(
    core,
    state,
    `[${expected.join(', ')}], as initialState(${String(batch)}) makes it for inputs [${inputs.shape.join(', ')}],`,
    'its state',
  );
}
