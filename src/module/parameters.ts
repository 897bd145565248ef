import { Tensor, type DataType } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { currentBundleName, currentFrame, type Params } from './frame.js';

/** Makes the first value of a parameter or state entry. */
export type Initializer = (shape: number[], dtype: DataType) => Tensor;

/** Options of {@link getParameter}. */
export interface ParameterOptions {
  /** Makes the value in `init`. */
  readonly init?: Initializer | undefined;
  /** Default `float32`. */
  readonly dtype?: DataType | undefined;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/**
 * The parameter `name` of the running module (of `~` outside of modules), made by `init` when it is missing.
 *
 * @throws `outside-transform`; `parameter-missing` in `apply`; `parameter-initializer-missing`; `parameter-shape`; `parameter-null`
 */
export function getParameter(name: string, shape: readonly number[], options: ParameterOptions = {}): Tensor {
  const frame = currentFrame('getParameter');
  const bundle = currentBundleName(frame);
  const existing = frame.params[bundle] as Record<string, Tensor> | undefined;
  let value: Tensor | undefined =
    existing !== undefined && Object.hasOwn(existing, name) ? existing[name] : undefined;
  const fullName = `${bundle}/${name}`;
  if (value === undefined) {
    if (frame.frozen) {
      throw new TankaError(
        'parameter-missing',
        `The parameter '${name}' of module '${bundle}' is not among the given parameters. All parameters must be made by init: ` +
          'pass the result of init, and call the function with arguments that take the same path.',
      );
    }
    if (options.init === undefined) {
      throw new TankaError(
        'parameter-initializer-missing',
        `The parameter '${fullName}' does not exist yet and has no initializer. Pass one: getParameter('${name}', [${String(shape)}], { init }).`,
      );
    }
    value = options.init([...shape], options.dtype ?? 'float32');
    if (!(value instanceof Tensor)) {
      throw new TankaError(
        'parameter-null',
        `The initializer of '${fullName}' returned ${String(value)} instead of a tensor.`,
      );
    }
    (frame.params[bundle] ??= {})[name] = value;
  }
  if (!sameShape(value.shape, shape)) {
    throw new TankaError(
      'parameter-shape',
      `The parameter '${fullName}' has shape [${String(value.shape)}] but [${String(shape)}] was asked for. ` +
        'Pass inputs and parameters that belong together, or give the modules different names.',
    );
  }
  return value;
}

/** A copy of the parameters so far (in `init`) or of all that were given (in `apply`). */
export function getParams(): Params {
  const { params } = currentFrame('getParams');
  return Object.fromEntries(Object.entries(params).map(([bundle, values]) => [bundle, { ...values }]));
}
