import {
  backend_util,
  broadcastTo,
  cast,
  Tensor,
  tensor,
  tidy,
  type DataType,
  type TensorLike,
} from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { TankaError } from '../errors/tanka-error.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, sampler, type SampleAttributes, type SampleValues } from './perform.js';
import type { Scheme } from './schemes.js';

/** A parameter of a distribution: one number, or one for each sample (broadcast to the shape of the samples). */
export type Parameter = Tensor | TensorLike;

/** What stands for a parameter among the attributes of an operation: the number, or its place among the operation's tensors. */
export type ParameterAttribute = number | { readonly tensor: number };

/** A parameter's values during the run of an operation: one for all samples, or one each. */
export type ParameterValues = number | Float32Array | Int32Array;

/** Splits parameters into what is static and the tensors that an operation reads. Arrays become tensors: use it within `tidy`. */
class ParameterList {
  readonly tensors: Tensor[] = [];

  /** The attribute for a parameter; tensors are taken as `dtype`. */
  add(value: Parameter, dtype: 'float32' | 'int32' = 'float32'): ParameterAttribute {
    if (typeof value === 'number') return dtype === 'float32' ? Math.fround(value) : value;
    this.tensors.push(asTensor(value, dtype));
    return { tensor: this.tensors.length - 1 };
  }

  /** The shape that a parameter brings with it. */
  shapeOf(attribute: ParameterAttribute): number[] {
    return typeof attribute === 'number' ? [] : this.tensors[attribute.tensor].shape;
  }
}

/** The shape that all of `shapes` broadcast to, or `null`. */
function broadcastShape(...shapes: readonly number[][]): number[] | null {
  try {
    return shapes.reduce((a, b) => backend_util.assertAndGetBroadcastShape(a, b), []);
  } catch {
    return null;
  }
}

/**
 * The shape of the samples: the one asked for, to which all parameters must broadcast, or else the one they broadcast to.
 *
 * @throws `random-shape-invalid`
 */
export function sampleShape(
  caller: string,
  asked: number[] | null,
  parameters: readonly number[][],
): number[] {
  const common = broadcastShape(...parameters, ...(asked === null ? [] : [asked]));
  const fits =
    common !== null &&
    (asked === null || (common.length === asked.length && common.every((size, i) => size === asked[i])));
  if (fits) return common;
  throw new TankaError(
    'random-shape-invalid',
    `hk.random.${caller}: parameters of shape ${parameters.map((shape) => `[${String(shape)}]`).join(' and ')} do not broadcast to ` +
      `${asked === null ? 'one shape' : `the shape [${String(asked)}] of the result`}. Reshape them, or ask for a shape that ends in theirs.`,
  );
}

/** The values of a parameter for samples of the given shape. */
export function parameterValues(
  attribute: ParameterAttribute,
  tensors: readonly Tensor[],
  shape: number[],
): ParameterValues {
  if (typeof attribute === 'number') return attribute;
  return tidy(() => broadcastTo(tensors[attribute.tensor], shape).dataSync() as Float32Array | Int32Array);
}

/** A parameter's value for sample `i`. */
export function valueAt(values: ParameterValues, i: number): number {
  return typeof values === 'number' ? values : values[i];
}

interface Parameterised extends SampleAttributes {
  readonly parameters: readonly ParameterAttribute[];
}

/** A sampler with parameters as an operation: `draw` gets their values. */
export function parametric<Values extends ParameterValues[]>(
  name: string,
  dtype: DataType,
  draw: (key: PRNGKey, count: number, scheme: Scheme, ...values: Values) => SampleValues,
): RandomOperation<Parameterised, Tensor> {
  return sampler<Parameterised>(name, dtype, (key, count, scheme, { shape, parameters }, tensors) =>
    draw(key, count, scheme, ...(parameters.map((each) => parameterValues(each, tensors, shape)) as Values)),
  );
}

/**
 * Runs a sampler with parameters, which are taken as `dtype`.
 *
 * @param shape of the samples, `null` for the one that the parameters broadcast to
 * @param extend makes the shape of the result of the common one
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function sampleWith(
  operation: RandomOperation<Parameterised, Tensor>,
  key: PRNGKey,
  shape: readonly number[] | null | undefined,
  given: readonly Parameter[],
  {
    dtype = 'float32',
    extend = (common) => common,
  }: {
    readonly dtype?: 'float32' | 'int32';
    readonly extend?: (common: number[]) => number[];
  } = {},
): Tensor {
  return tidy(() => {
    const list = new ParameterList();
    const parameters = given.map((value) => list.add(value, dtype));
    const shapes = parameters.map((each) => list.shapeOf(each));
    const common = sampleShape(operation.name, askedShape(operation.name, shape), shapes);
    return perform(operation, key, { parameters, shape: extend(common) }, list.tensors);
  });
}

/** The shape that is asked for, checked, or `null`. @throws `random-shape-invalid` */
export function askedShape(caller: string, shape: readonly number[] | null | undefined): number[] | null {
  return shape == null ? null : checkShape(caller, shape);
}

/** A tensor from what a sampler was given. */
export function asTensor(value: Tensor | TensorLike, dtype: 'float32' | 'int32' = 'float32'): Tensor {
  const given = value instanceof Tensor ? value : tensor(value);
  return given.dtype === dtype ? given : cast(given, dtype);
}
