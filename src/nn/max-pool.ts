import { tidy, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { maxPool as maxWindows } from '../backend/ops/pool.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { toPoolOptions, type PoolArguments } from './pool-window.js';

/**
 * Largest value of each window.
 *
 * @param windowShape a number for all axes but the first and the channels, or one an axis, the last one last
 * @param strides as `windowShape`
 * @param channelAxis axis that numbers leave out; `null` for none
 * @throws `layer-options` for another padding; `input-shape` when windows and input do not fit
 */
export function maxPool<R extends Rank>(
  x: Tensor<R>,
  windowShape: number | readonly number[],
  strides: number | readonly number[],
  padding: 'SAME' | 'VALID',
  channelAxis: number | null = -1,
): Tensor<R> {
  const pool = { windowShape, strides, padding, channelAxis };
  return tidy(() => maxWindows(x, toPoolOptions('hk.maxPool', x, pool)) as Tensor<R>);
}

/** Options of {@link MaxPool}. */
export interface MaxPoolOptions extends ModuleOptions {
  /** Axis that window and stride numbers leave out; `null` for none. Default `-1`. */
  readonly channelAxis?: number | null;
}

/** {@link maxPool} as a module. Has no parameters. */
@layer('MaxPool', ['windowShape', 'strides', 'padding'], { channelAxis: -1 })
export class MaxPool extends Module {
  private readonly pool: PoolArguments;

  constructor(
    windowShape: number | readonly number[],
    strides: number | readonly number[],
    padding: 'SAME' | 'VALID',
    { channelAxis = -1, ...options }: MaxPoolOptions = {},
  ) {
    super(options);
    this.pool = { windowShape, strides, padding, channelAxis };
  }

  /** @throws `layer-options` for another padding; `input-shape` when windows and input do not fit */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    return maxWindows(x, toPoolOptions(this, x, this.pool)) as Tensor<R>;
  }
}
