import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { checkDtype, checkRank, checkTensor, nameOf, show, type LayerName } from './input-checks.js';

/** @throws `layer-options` */
export function checkSpatialDims(layer: LayerName, count: number): void {
  if (Number.isInteger(count) && count > 0) return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} convolves over a positive number of spatial dimensions, but got numSpatialDims = ${count}.`,
  );
}

/** @throws `layer-options` for output channels that do not divide into the groups */
export function checkGroups(layer: LayerName, outputChannels: number, groups: number): void {
  if (outputChannels % groups === 0) return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} cannot make outputChannels = ${outputChannels} in featureGroupCount = ${groups} groups of the same size.`,
  );
}

/** @throws `input-rank`, `input-dtype` */
export function checkSpatialInput(
  layer: LayerName,
  x: Tensor,
  spatialDims: number,
  channelIndex: 1 | -1,
): void {
  const expected = channelIndex === 1 ? '[N, C, ...spatial]' : '[N, ...spatial, C]';
  checkRank(
    layer,
    x,
    { min: spatialDims + 1, max: spatialDims + 2 },
    `${expected} with ${spatialDims} spatial dimensions, with or without N`,
  );
  checkDtype(layer, x, 'float32');
}

/** @throws `layer-options` */
export function checkMask(layer: LayerName, mask: Tensor | undefined, wShape: readonly number[]): void {
  if (mask === undefined) return;
  checkTensor(layer, mask, 'its mask');
  if (mask.rank === wShape.length && wShape.every((size, i) => mask.shape[i] === size)) return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs a mask of the shape of its weights [${wShape.join(', ')}], but got ${show(mask)}.`,
  );
}
