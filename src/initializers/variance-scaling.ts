import { TankaError } from '../errors/tanka-error.js';
import type { Initializer } from '../module/parameters.js';
import { randomNormal } from './random-normal.js';
import { randomUniform } from './random-uniform.js';
import { truncatedNormal } from './truncated-normal.js';

/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions {
  /** The variance is `scale / n`. Default 1. */
  readonly scale?: number;
  /** What `n` is: the number of inputs of a unit, of outputs, or their mean. Default `fan_in`. */
  readonly mode?: 'fan_in' | 'fan_out' | 'fan_avg';
  /** Default `truncated_normal` (at two deviations, corrected for it). */
  readonly distribution?: 'truncated_normal' | 'normal' | 'uniform';
  /** The axes that are inputs, of shapes of three axes and more. Default: all but the last, as in a convolution. */
  readonly fanInAxes?: readonly number[] | null;
}

/** Standard deviation of the standard normal distribution truncated at ±2. */
const TRUNCATED_STDDEV = Math.fround(0.87962566103423978);

function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}

function fans(
  shape: readonly number[],
  fanInAxes: readonly number[] | null,
): [fanIn: number, fanOut: number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  if (shape.length === 2) return [shape[0], shape[1]];
  if (fanInAxes !== null) {
    return [
      product(fanInAxes.map((axis) => shape.at(axis) ?? NaN)),
      product(shape.filter((_, axis) => !fanInAxes.includes(axis))),
    ];
  }
  const receptiveField = product(shape.slice(0, -2));
  return [receptiveField * shape[shape.length - 2], receptiveField * shape[shape.length - 1]];
}

function refuse(message: string): never {
  throw new TankaError('initializer-option-invalid', `initializers.varianceScaling: ${message}`);
}

/**
 * Values with variance `scale / n`, where `n` counts the units on one side of the layer (Glorot & Bengio 2010, He et al. 2015).
 * `{ scale: 2 }` is He's, `{ mode: 'fan_avg', distribution: 'uniform' }` Glorot's. Takes one key an array.
 * The initializer throws `initializer-dtype-invalid` for anything but float32.
 *
 * @throws `initializer-option-invalid` for a negative scale, an unknown mode or distribution; from the initializer, for an axis in
 * `fanInAxes` that the shape does not have.
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = 'fan_in', fanInAxes = null } = options;
  const distribution = (options.distribution ?? 'truncated_normal').toLowerCase();
  if (!(scale >= 0)) refuse(`scale must not be negative, but is ${scale}.`);
  if (!['fan_in', 'fan_out', 'fan_avg'].includes(mode)) {
    refuse(`mode must be 'fan_in', 'fan_out' or 'fan_avg', but is '${mode}'.`);
  }
  if (!['truncated_normal', 'normal', 'uniform'].includes(distribution)) {
    refuse(`distribution must be 'truncated_normal', 'normal' or 'uniform', but is '${distribution}'.`);
  }
  return (shape, dtype) => {
    const [fanIn, fanOut] = fans(shape, fanInAxes);
    if (Number.isNaN(fanIn)) {
      refuse(
        `fanInAxes [${String(fanInAxes)}] names an axis that the shape [${String(shape)}] does not have.`,
      );
    }
    const units = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[mode];
    const variance = scale / Math.max(1, units);
    switch (distribution) {
      case 'truncated_normal':
        return truncatedNormal({ stddev: Math.sqrt(variance) / TRUNCATED_STDDEV })(shape, dtype);
      case 'normal':
        return randomNormal({ stddev: Math.sqrt(variance) })(shape, dtype);
      default: {
        const limit = Math.sqrt(3 * variance);
        return randomUniform({ minval: -limit, maxval: limit })(shape, dtype);
      }
    }
  };
}
