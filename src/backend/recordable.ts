import type { Tensor } from '@tensorflow/tfjs-core';
import { computesShapes } from './shapes/abstract.js';

/** What a random operation reads. */
export interface RandomInputs<Attributes> {
  /** The keys, each a `Uint32Array` of length 2. On replay these are other keys in the same places. */
  readonly keys: readonly Uint32Array[];
  /** The tensors (probabilities, logits, …). The operation may read their values and does not dispose of them. */
  readonly tensors: readonly Tensor[];
  /** Everything else: plain data (numbers, strings, booleans, bigint, arrays and objects of them), which a plan may store. */
  readonly attributes: Attributes;
}

/**
 * A key function or sampler as data: a name and a function of its inputs alone.
 * Nothing but {@link RandomInputs} decides the result: no setting, no state, no clock. Hence whoever has seen the inputs once may
 * call `run` again with other keys and tensors and gets what the program would have got.
 */
export interface RandomOperation<Attributes, Result> {
  readonly name: string;
  readonly run: (inputs: RandomInputs<Attributes>) => Result;
  /** Stands for `run` where only shapes are computed: nothing is drawn, and no tensor is read. Without it `run` runs. */
  readonly abstract?: (inputs: RandomInputs<Attributes>) => Result;
}

/**
 * Sees every random operation that a program runs, not those that run inside another one.
 * It must call `run` once and return its result (or one in its place). The TensorFlow.js kernels that run inside `run` belong to the operation:
 * a recorder stores the operation in their place. Keys in the result are always new objects, so that an array's identity tells
 * which operation made the key that a later one reads; a key that no operation made is a constant or an argument.
 */
export type RandomObserver = <Attributes, Result>(
  operation: RandomOperation<Attributes, Result>,
  inputs: RandomInputs<Attributes>,
  run: () => Result,
) => Result;

let observer:
  | (<Attributes, Result>(
      operation: RandomOperation<Attributes, Result>,
      inputs: RandomInputs<Attributes>,
    ) => Result)
  | null = null;

/**
 * Lets `next` see the random operations that `f` runs, in place of any earlier observer, and returns `f`'s result.
 */
export function observeRandom<R>(next: RandomObserver, f: () => R): R {
  const before = observer;
  const own: typeof observer = (operation, inputs) =>
    next(operation, inputs, () => {
      observer = null;
      try {
        return operation.run(inputs);
      } finally {
        observer = own;
      }
    });
  observer = own;
  try {
    return f();
  } finally {
    observer = before;
  }
}

/** Runs a random operation. Every key function and sampler comes through here, and only here. */
export function runRandom<Attributes, Result>(
  operation: RandomOperation<Attributes, Result>,
  inputs: RandomInputs<Attributes>,
): Result {
  if (operation.abstract !== undefined && computesShapes()) return operation.abstract(inputs);
  return observer === null ? operation.run(inputs) : observer(operation, inputs);
}
