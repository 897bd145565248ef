import type { Initializer } from '../module/parameters.js';
import { randomUniform } from './random-uniform.js';

/** Options of {@link uniformScaling}. */
export interface UniformScalingOptions {
  /** Factor of the bounds. Default 1. */
  readonly scale?: number;
}

/**
 * Values uniform in `±scale · √(3 / n)`, where `n` is the product of all axes but the last. Takes one key an array.
 * The initializer throws `initializer-dtype-invalid` for anything but float32.
 */
export function uniformScaling({ scale = 1 }: UniformScalingOptions = {}): Initializer {
  return (shape, dtype) => {
    const inputSize = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const limit = Math.sqrt(3 / inputSize) * scale;
    return randomUniform({ minval: -limit, maxval: limit })(shape, dtype);
  };
}
