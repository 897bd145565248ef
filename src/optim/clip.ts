import {
  clipByValue,
  div,
  less,
  maximum,
  mean,
  mul,
  onesLike,
  scalar,
  sqrt,
  square,
  sum,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { mapUpdates } from './map-updates.js';
import { globalNorm } from './apply-updates.js';
import { mulTree } from './scale.js';
import {
  checkArgument,
  requireParams,
  stateless,
  type EmptyState,
  type GradientTransformation,
} from './transformation.js';

/** Clips each value to `[-maxDelta, maxDelta]`. */
export function clip(maxDelta: number): GradientTransformation<EmptyState> {
  return stateless((updates) => mapUpdates((g: Tensor) => clipByValue(g, -maxDelta, maxDelta), updates));
}

/** Shrinks all updates together so that their global norm is at most `maxNorm` (Pascanu et al., 2012). */
export function clipByGlobalNorm(maxNorm: number): GradientTransformation<EmptyState> {
  return stateless((updates) => {
    const norm = globalNorm(updates);
    return mulTree(updates, where(less(norm, maxNorm), scalar(1), div(maxNorm, norm)));
  });
}

/** Shrinks each update whose root mean square is above `threshold` to it. */
export function clipByBlockRms(threshold: number): GradientTransformation<EmptyState> {
  return stateless((updates) =>
    mapUpdates((g: Tensor) => div(g, maximum(1, div(sqrt(mean(square(g))), threshold))), updates),
  );
}

/** Options of {@link adaptiveGradClip}. */
export interface AdaptiveGradClipOptions {
  /** Least norm of a unit of parameters. Default 1e-3. */
  readonly eps?: number;
  /**
   * Axes that a unit extends over. Default, by the number of axes: all of a vector, the first of matrices and of arrays of three axes,
   * all but the last of kernels with four or five.
   */
  readonly axis?: number | readonly number[];
}

/** The axes that a unit extends over where nobody says so; axes of size 1 do not make a vector a matrix. */
function unitAxes(shape: readonly number[]): readonly number[] {
  const rank = shape.length;
  if (shape.filter((size) => size !== 1).length <= 1) return [...shape.keys()];
  checkArgument(
    rank <= 5,
    'axis',
    'given for updates of more than five axes',
    `nothing for a shape of [${shape.join(', ')}]`,
  );
  return rank <= 3 ? [0] : [...shape.keys()].slice(0, -1);
}

/**
 * Shrinks updates whose unit-wise norm is above `clipping` times their parameter's (Brock et al., 2021).
 *
 * @throws `optim-argument-invalid` for updates of more than five axes when no `axis` is given
 */
export function adaptiveGradClip(
  clipping: number,
  { eps = 1e-3, axis }: AdaptiveGradClipOptions = {},
): GradientTransformation<EmptyState> {
  const norm = (x: Tensor): Tensor => {
    const axes = axis === undefined ? unitAxes(x.shape) : typeof axis === 'number' ? [axis] : axis;
    return sqrt(sum(square(x), [...axes], true));
  };
  return stateless((updates, params) =>
    mapUpdates(
      (g: Tensor, p: Tensor) => {
        const gNorm = norm(g);
        const largest = mul(maximum(norm(p), eps), clipping);
        const factor = div(largest, maximum(gNorm, 1e-6));
        return mul(g, where(less(gNorm, largest), onesLike(factor), factor));
      },
      updates,
      requireParams(params, 'adaptiveGradClip'),
    ),
  );
}
