import { add, cast, expandDims, mul, squeeze, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { getParameter } from '../module/parameters.js';
import type { ConvOptions } from './conv-nd.js';
import { checkDtype, checkRank, checkTensor, nameOf, show, type LayerName } from './input-checks.js';

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

/** The weights times the mask. @throws `layer-options` for a mask of another shape */
export function masked(layer: LayerName, w: Tensor, mask: Tensor | undefined): Tensor {
  if (mask === undefined) return w;
  checkTensor(layer, mask, 'its mask');
  if (String(mask.shape) !== String(w.shape)) {
    throw new TankaError(
      'layer-options',
      `${nameOf(layer)} needs a mask of the shape of its weights [${w.shape.join(', ')}], but got ${show(mask)}.`,
    );
  }
  return mul(w, cast(mask, w.dtype));
}

/** Adds the parameter `b`, one value for each channel of a batch, where the options ask for one. */
export function addBias(
  x: Tensor,
  channelIndex: 1 | -1,
  { withBias = true, bInit = zeros }: Pick<ConvOptions, 'withBias' | 'bInit'>,
): Tensor {
  if (!withBias) return x;
  const channels = x.shape.at(channelIndex) as number;
  const shape = channelIndex === 1 ? [channels, ...x.shape.slice(2).map(() => 1)] : [channels];
  return add(x, getParameter('b', shape, { dtype: x.dtype, init: bInit }));
}

/** A convolution of a batch, made of an input that may be one example. */
export function inBatch(x: Tensor, spatialDims: number, run: (batch: Tensor) => Tensor): Tensor {
  return x.rank > spatialDims + 1 ? run(x) : squeeze(run(expandDims(x, 0)), [0]);
}
