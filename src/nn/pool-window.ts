import type { Tensor } from '@tensorflow/tfjs-core';
import type { PoolOptions } from '../backend/ops/pool.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkTensor, nameOf, wrongShape, type LayerName } from './input-checks.js';
import { checkWhole } from './option-checks.js';

/** What the pools take beside their input. */
export interface PoolArguments {
  readonly windowShape: number | readonly number[];
  readonly strides: number | readonly number[];
  readonly padding: 'SAME' | 'VALID';
  readonly channelAxis: number | null;
}

/** A number counts for every axis but the first and the channels; a short array for the last axes. */
function toFullShape(
  layer: LayerName,
  x: Tensor,
  size: number | readonly number[],
  channelAxis: number | null,
): number[] {
  for (const cells of [size].flat()) checkWhole(layer, 'window and stride', cells, 1);
  if (typeof size === 'number') {
    if (channelAxis !== null && channelAxis !== 0 && Math.abs(channelAxis) >= x.rank) {
      throw wrongShape(layer, x, `an input that has the channel axis ${channelAxis}`);
    }
    const channels = channelAxis !== null && channelAxis < 0 ? x.rank + channelAxis : channelAxis;
    return x.shape.map((_, axis) => (axis === 0 || axis === channels ? 1 : size));
  }
  if (size.length > x.rank) {
    throw wrongShape(layer, x, `an input of at least rank ${size.length}, for windows [${size.join(', ')}]`);
  }
  return [...Array.from({ length: x.rank - size.length }, () => 1), ...size];
}

/**
 * The window and strides of every axis of `x`.
 *
 * @throws `layer-options` for another padding; `input-shape` when windows and input do not fit
 */
export function toPoolOptions(layer: LayerName, x: Tensor, pool: PoolArguments): PoolOptions {
  const { windowShape, strides, padding, channelAxis } = pool;
  checkTensor(layer, x);
  if (padding !== 'SAME' && padding !== 'VALID') {
    throw new TankaError(
      'layer-options',
      `${nameOf(layer)} has no padding '${String(padding)}'. Use 'SAME' or 'VALID'.`,
    );
  }
  return {
    window: toFullShape(layer, x, windowShape, channelAxis),
    strides: toFullShape(layer, x, strides, channelAxis),
    padding,
  };
}
