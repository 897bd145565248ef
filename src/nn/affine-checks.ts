import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import type { Initializer } from '../module/parameters.js';
import { checkBroadcasts, checkTensor, nameOf, type LayerName } from './input-checks.js';

type Affine = 'scale' | 'offset';

/** @throws `layer-options` for an initializer of what the layer does not make */
export function checkAffineInit(
  layer: LayerName,
  what: Affine,
  created: boolean,
  init: Initializer | undefined,
): void {
  if (created || init === undefined) return;
  const option = what === 'scale' ? 'createScale' : 'createOffset';
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} got ${what}Init, but makes no ${what}: ${option} is false. Set ${option} to true, or leave ${what}Init out.`,
  );
}

/** @throws `call-options` for a value of what the layer has a parameter for; `input-shape` for one that does not broadcast to `x` */
export function checkAffineCall(
  layer: LayerName,
  what: Affine,
  created: boolean,
  value: Tensor | undefined,
  x: Tensor,
): void {
  if (value === undefined) return;
  if (!created) {
    checkTensor(layer, x);
    checkBroadcasts(layer, value, x.shape, `its ${what}`);
    return;
  }
  const option = what === 'scale' ? 'createScale' : 'createOffset';
  throw new TankaError(
    'call-options',
    `${nameOf(layer)} was called with a ${what}, but has one as a parameter: ${option} is true. Set ${option} to false, or leave the ${what} out.`,
  );
}
