import { broadcastTo, cast, Tensor, tensor, tidy, type TensorLike } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';

/** A parameter of a distribution: one number, or one for each sample (broadcast to the shape of the samples). */
export type Parameter = Tensor | TensorLike;

/** What stands for a parameter among the attributes of an operation: the number, or its place among the operation's tensors. */
export type ParameterAttribute = number | { readonly tensor: number };

/** A parameter's values during the run of an operation: one for all samples, or one each. */
export type ParameterValues = number | Float32Array | Int32Array;

/** Splits parameters into what is static and the tensors that an operation reads. Arrays become tensors: use it within `tidy`. */
export class ParameterList {
  readonly tensors: Tensor[] = [];

  /** The attribute for a parameter; tensors are taken as `dtype`. */
  add(value: Parameter, dtype: 'float32' | 'int32' = 'float32'): ParameterAttribute {
    if (typeof value === 'number') return dtype === 'float32' ? Math.fround(value) : value;
    const given = value instanceof Tensor ? value : tensor(value);
    this.tensors.push(given.dtype === dtype ? given : cast(given, dtype));
    return { tensor: this.tensors.length - 1 };
  }

  /** The shape that a parameter brings with it. */
  shapeOf(attribute: ParameterAttribute): number[] {
    return typeof attribute === 'number' ? [] : this.tensors[attribute.tensor].shape;
  }
}

/** The shape that all of `shapes` broadcast to, or `null`. */
function broadcastShape(...shapes: readonly (readonly number[])[]): number[] | null {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, size] of shape.entries()) {
      const at = rank - shape.length + i;
      if (size === 1) continue;
      if (result[at] !== 1 && result[at] !== size) return null;
      result[at] = size;
    }
  }
  return result;
}

/**
 * The shape of the samples: the one asked for, to which all parameters must broadcast, or else the one they broadcast to.
 *
 * @throws `random-shape-invalid`
 */
export function sampleShape(
  caller: string,
  asked: readonly number[] | null,
  parameters: readonly (readonly number[])[],
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
