import { util, type DataType } from '@tensorflow/tfjs-core';
import { formatArray } from '../tree/format.js';
import { mapTensors } from '../tree/tree.js';

/** Shape and dtype of a tensor, written as `f32[8,784]`. */
export class ArraySpec {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
  ) {}

  /** Number of values. */
  get size(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Size of the values in memory. */
  get bytes(): number {
    return this.size * util.bytesPerElement(this.dtype);
  }

  /** Dtype and shape, `float32[2,3]`. */
  toString(): string {
    return formatArray(this);
  }
}

/** A nesting with an {@link ArraySpec} for each tensor; other leaves stay. */
export function toSpec(tree: unknown): unknown {
  return mapTensors(({ shape, dtype }) => new ArraySpec(shape, dtype), tree);
}
