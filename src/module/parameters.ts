import { util, type DataType, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { abstractTensor, skipsInitialValues } from '../backend/shapes/abstract.js';
import { disposed } from '../errors/disposed.js';
import { TankaError } from '../errors/tanka-error.js';
import type { Stored } from './creators.js';
import { customisation, type Entry } from './customisation.js';
import { collect, currentBundleName, currentFrame, entriesIn, type Params } from './frame.js';
import { checkUsage } from './usage.js';

/** Makes the first value of a parameter or state entry. */
export type Initializer = (shape: number[], dtype: DataType) => Tensor;

/** An {@link Initializer} that may return `DO_NOT_STORE`. */
export type StoringInitializer = (shape: number[], dtype: DataType) => Stored<Tensor>;

/** Options of {@link getParameter}. */
export interface ParameterOptions {
  /** Makes the value in `init`. */
  readonly init?: StoringInitializer | undefined;
  /** Default `float32`. */
  readonly dtype?: DataType | undefined;
}

/** `init`, or where only shapes matter a function that draws nothing. */
export function initializerInForce(init: StoringInitializer): StoringInitializer {
  return skipsInitialValues() ? abstractTensor : init;
}

function isShape(shape: readonly number[]): boolean {
  return Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function create(entry: Entry, shape: readonly number[]): Stored<Tensor> {
  const { frame, bundle, name, dtype, init } = entry;
  const missing = (cause?: unknown): TankaError =>
    new TankaError(
      'parameter-missing',
      `The parameter '${name}' of module '${bundle}' is not among those given. ` +
        'Pass what init returned, and arguments that take the same path. ' +
        'Minifiers change class names: use @hk.module(name).',
      { cause },
    );
  const custom = customisation();
  const isFunction = typeof init === 'function';
  if (frame.frozen && !(isFunction && custom)) throw missing();
  if (!isFunction) {
    const has = (init ?? null) === null ? 'no initializer' : 'an initializer that is no function';
    throw new TankaError(
      'parameter-initializer-missing',
      `The parameter '${bundle}/${name}' does not exist yet and has ${has}. Pass one: getParameter('${name}', [${String(shape)}], { init }).`,
    );
  }
  if (!isShape(shape)) {
    throw new TankaError(
      'parameter-shape',
      `The parameter '${bundle}/${name}' needs an array of whole numbers from 0 as its shape, but got [${String(shape)}].`,
    );
  }
  const forced = initializerInForce(init);
  return custom ? custom.make(entry, forced, missing) : forced([...shape], dtype);
}

function checkTensor(value: unknown, fullName: string): Tensor {
  if (isTensor(value)) return value;
  throw new TankaError(
    'parameter-null',
    `The initializer, creator or getter of '${fullName}' must return a tensor, but returned ${String(value)}.`,
  );
}

/**
 * The parameter `name` of the running module (of `~` outside of modules), made by `init` when it is missing.
 *
 * @throws `outside-transform`; `parameter-missing` in `apply`; `parameter-initializer-missing`; `parameter-shape`;
 * `parameter-null`; `value-not-stored`; `tensor-disposed`
 */
export function getParameter(name: string, shape: readonly number[], options: ParameterOptions = {}): Tensor {
  const frame = currentFrame('getParameter');
  checkUsage(frame, 'getParameter');
  const bundle = currentBundleName(frame);
  const fullName = `${bundle}/${name}`;
  const { init, dtype = 'float32' } = options;
  const entry: Entry = { frame, bundle, name, shape, dtype, init };
  const custom = customisation();
  let value: unknown = frame.params.get(bundle)?.get(name);
  if (value === undefined) {
    value = create(entry, shape);
    if (!custom?.isUnstored(value)) {
      entriesIn(frame.params, bundle).set(name, checkTensor(value, fullName));
      frame.made.params++;
    }
  }
  if (custom) value = custom.read(entry, value);
  const tensor = checkTensor(value, fullName);
  if (!util.arraysEqual(tensor.shape, shape as number[])) {
    throw new TankaError(
      'parameter-shape',
      `The parameter '${fullName}' has shape [${String(tensor.shape)}] but [${String(shape)}] was asked for. ` +
        'Pass inputs and parameters that belong together, or name modules differently.',
    );
  }
  if (tensor.isDisposed) throw disposed(`The parameter '${fullName}'`);
  return tensor;
}

/** A copy of the parameters so far (in `init`) or of all that were given (in `apply`). */
export function getParams(): Params {
  return collect(currentFrame('getParams').params, (value) => value);
}
