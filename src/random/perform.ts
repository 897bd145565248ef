import { tensor, util, type DataType, type Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { runRandom, type RandomInputs, type RandomOperation } from '../backend/recordable.js';
import { abstractTensor } from '../backend/shapes/abstract.js';
import { settings } from '../config/settings.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkKey, type PRNGKey } from './key.js';
import type { Scheme } from './schemes.js';

/** The attribute that every operation on a key has: the scheme in force when it was called. */
export interface WithScheme {
  readonly scheme: Scheme;
}

/**
 * Runs an operation on one key under the scheme in force.
 *
 * @throws `key-invalid`
 */
export function perform<Attributes extends object, Result>(
  operation: RandomOperation<Attributes & WithScheme, Result>,
  key: PRNGKey,
  attributes: Attributes,
  tensors: readonly Tensor[] = [],
): Result {
  checkKey(operation.name, key);
  const scheme = settings().threefryPartitionable ? 'partitionable' : 'original';
  return runRandom(operation, { keys: [key], tensors, attributes: { ...attributes, scheme } });
}

/** The attributes of a sampler: the shape of its samples, and what else it takes. */
export interface SampleAttributes extends WithScheme {
  readonly shape: number[];
}

/** The values of samples; bool ones as bytes. */
export type SampleValues = Float32Array | Int32Array | Uint8Array;

/** A sampler as an operation: `draw` makes as many values as the shape has places. */
export function sampler<Attributes extends SampleAttributes = SampleAttributes>(
  name: string,
  dtype: DataType,
  draw: (
    key: PRNGKey,
    count: number,
    scheme: Scheme,
    attributes: Attributes,
    tensors: readonly Tensor[],
  ) => SampleValues,
): RandomOperation<Attributes, Tensor> {
  return {
    name,
    abstract: samples(dtype),
    run({ keys: [key], tensors, attributes }) {
      const { shape, scheme } = attributes;
      return tensor(draw(key, util.sizeFromShape(shape), scheme, attributes, tensors), shape, dtype);
    },
  };
}

/** Runs a sampler that takes nothing but a shape. @throws `key-invalid`; `random-shape-invalid` */
export function sample(
  operation: RandomOperation<SampleAttributes, Tensor>,
  key: PRNGKey,
  shape: readonly number[],
): Tensor {
  return perform(operation, key, { shape: checkShape(operation.name, shape) });
}

/** What a sampler returns where only shapes are computed: samples of the shape among its attributes. */
export function samples(
  dtype: DataType,
): (inputs: RandomInputs<{ readonly shape: readonly number[] }>) => Tensor {
  return ({ attributes: { shape } }) => abstractTensor(shape, dtype);
}

/**
 * A copy of the shape of a result.
 *
 * @throws `random-shape-invalid` for anything but whole numbers from 0.
 */
export function checkShape(caller: string, shape: unknown): number[] {
  if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    return [...(shape as number[])];
  }
  throw new TankaError(
    'random-shape-invalid',
    `hk.random.${caller} needs a shape (an array of whole numbers from 0), but got ${
      Array.isArray(shape) ? `[${String(shape)}]` : whatIs(shape)
    }. A scalar has the shape [].`,
  );
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return util.sizeFromShape(shape as number[]);
}

/** Refuses what is not a whole number within the limits. @throws `random-argument-invalid` */
export function checkWhole(
  caller: string,
  name: string,
  value: unknown,
  [min, max]: readonly number[],
): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  refuseArgument(caller, `${name} must be a whole number from ${min} to ${max}, but is ${String(value)}.`);
}

/** @throws `random-argument-invalid` */
export function refuseArgument(caller: string, message: string): never {
  throw new TankaError('random-argument-invalid', `hk.random.${caller}: ${message}`);
}
