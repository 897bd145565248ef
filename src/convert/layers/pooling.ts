import { max, mean, type Tensor } from '@tensorflow/tfjs-core';
import { avgPool } from '../../nn/avg-pool.js';
import { maxPool } from '../../nn/max-pool.js';
import { plain, type LayerDefinition } from '../layer-definition.js';
import type { LayerConfig } from '../layer-config.js';
import { dataFormat } from './convolution.js';

function pooling(rank: number, pool: typeof maxPool | typeof avgPool): LayerDefinition {
  return plain((config) => {
    config.only('padding', 'valid', ['same', 'valid']);
    const first = dataFormat(config) === 'channels_first';
    const size = config.numbers('pool_size', rank, 2);
    const strides = config.has('strides') ? config.numbers('strides', rank) : size;
    const all = (sizes: number[]): number[] => (first ? [1, 1, ...sizes] : [1, ...sizes, 1]);
    const padding = config.text('padding', 'valid') === 'same' ? 'SAME' : 'VALID';
    return (x) => pool(x, all(size), all(strides), padding, first ? 1 : -1);
  });
}

function globally(
  rank: number,
  reduce: (x: Tensor, axes: number[], keep: boolean) => Tensor,
): LayerDefinition {
  return plain((config: LayerConfig) => {
    const first = dataFormat(config) === 'channels_first';
    const axes = Array.from({ length: rank }, (_, i) => i + (first ? 2 : 1));
    const keep = config.flag('keepdims', false);
    return (x) => reduce(x, axes, keep);
  });
}

/** Windows, and whole images, taken together. */
export const poolingLayers: Readonly<Record<string, LayerDefinition>> = {
  MaxPooling1D: pooling(1, maxPool),
  MaxPooling2D: pooling(2, maxPool),
  MaxPooling3D: pooling(3, maxPool),
  AveragePooling1D: pooling(1, avgPool),
  AveragePooling2D: pooling(2, avgPool),
  AveragePooling3D: pooling(3, avgPool),
  GlobalAveragePooling1D: globally(1, mean),
  GlobalAveragePooling2D: globally(2, mean),
  GlobalMaxPooling1D: globally(1, max),
  GlobalMaxPooling2D: globally(2, max),
};
