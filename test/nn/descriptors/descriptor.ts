import type { Tensor } from '@tensorflow/tfjs-core';
import type * as hk from '../../../src/index.js';

/** The library under test: its source, or a bundle of it. */
export type Library = typeof hk;

/** A made-up input: the same values in every run. */
export interface InputSpec {
  readonly shape: readonly number[];
  /** Default `normal`: float32 values of both signs. `int`: from 0 up to, without, `high`. */
  readonly kind?: 'normal' | 'int' | 'bool';
  readonly high?: number;
}

/** One way of using a layer: what the drivers run. Golden cases are made into these too. */
export interface LayerCase {
  readonly id: string;
  /** Builds and calls the layer; runs inside a transform. */
  readonly run: (hk: Library, inputs: Tensor[]) => unknown;
  /** Made anew for each test, which disposes of them. */
  readonly inputs: () => Tensor[];
  /** Of init. Default 42. */
  readonly seed?: number;
  /** Of apply. Default: none. */
  readonly applySeed?: number;
  /** False where finite differences say nothing: integer results, jumps. Default true. */
  readonly differentiable?: boolean;
}

/** A {@link LayerCase} written by hand. */
export interface HandCase extends Omit<LayerCase, 'inputs'> {
  readonly inputs: readonly InputSpec[];
}

/** Inputs that a layer must refuse, with an error that names the layer and the shapes. */
export interface Refusal {
  readonly what: string;
  readonly run: LayerCase['run'];
  readonly inputs: readonly InputSpec[];
  /** Inputs of init, which must work; the refused ones are then given to apply. Default: init itself must refuse. */
  readonly initInputs?: readonly InputSpec[];
  readonly code: hk.ErrorCode;
  /** What the message must contain besides the layer's name and, for codes `input-*` and `parameter-*`, an input's shape. */
  readonly says?: readonly (string | RegExp)[];
}

/**
 * All that the tests of every layer need to know of one layer. To add a layer:
 *
 * 1. put a `LayerDescriptor` into the family's file here, or a new file joined into `index.ts`;
 * 2. golden cases of `layers.json` and `nets.json` find it by their `module`: nothing to write for them.
 *    `../drivers/coverage.test.ts` asserts that each golden case and each exported module is covered;
 * 3. add `cases` for what the goldens leave out, and `refusals`.
 *
 * The drivers beside this folder then check goldens, gradients, backends, leaks, batches, bundled names and refusals.
 */
export interface LayerDescriptor {
  /** Name of the exported class, in `hk` or `hk.nets`. */
  readonly layer: string;
  readonly cases?: readonly HandCase[];
  readonly refusals: readonly Refusal[];
  /**
   * Axis of the inputs and outputs along which examples are independent: the case must give the same results one example at a
   * time. `null`: no such axis. Default: 0.
   */
  readonly batchAxis?: number | null | ((caseId: string) => number | null);
  /** State entries that depend on the inputs: compared within the tolerance of outputs, all others bit by bit. */
  readonly stateFromData?: RegExp;
  /** Of state that depends on the inputs, where Haiku itself does not give the same twice. Default: that of outputs. */
  readonly stateTolerance?: (caseId: string, backend: 'wasm' | 'cpu') => number;
  /** The cases that finite differences cannot check, by id. */
  readonly notDifferentiable?: RegExp;
}
