import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import type { TankaError } from '../errors/tanka-error.js';
import type { Stored } from './creators.js';
import type { Frame } from './frame.js';
import type { StoringInitializer } from './parameters.js';

/** A parameter or state entry of the running module, as it was asked for. */
export interface Entry {
  readonly frame: Frame;
  /** Full name of the module, or `~`. */
  readonly bundle: string;
  /** Name within the module. */
  readonly name: string;
  readonly shape: readonly number[] | undefined;
  readonly dtype: DataType;
  readonly init: StoringInitializer | undefined;
}

/** What creators, getters and `DO_NOT_STORE` make of a parameter. */
export interface Customisation {
  /** Makes a missing value. @param missing the error for a value that may not be made */
  make(entry: Entry, init: StoringInitializer, missing: (cause?: unknown) => TankaError): Stored<Tensor>;
  /** Whether a value is the wish not to have one. */
  isUnstored(value: unknown): boolean;
  /** What the caller gets. */
  read(entry: Entry, value: unknown): unknown;
}

let inForce: Customisation | null = null;

/** The customisation that `creators.ts` brings once anything of it is used: who uses nothing of it does not load it. */
export function customisation(): Customisation | null {
  return inForce;
}

/** Puts a customisation in force. */
export function provideCustomisation(given: Customisation): void {
  inForce = given;
}
