import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { constant } from '../initializers/constant.js';
import { getParameter, type Initializer } from '../module/parameters.js';
import { checkBroadcasts, checkTensor, nameOf, type LayerName } from './input-checks.js';

/** What normalizations multiply by and add at last, as their options say it. */
export interface AffineOptions {
  /** Makes a parameter that multiplies the normalized input. */
  readonly createScale: boolean;
  /** Makes a parameter that is added after scaling. */
  readonly createOffset: boolean;
  /** Of `scale`. Default: ones. */
  readonly scaleInit?: Initializer;
  /** Of `offset`. Default: zeros. */
  readonly offsetInit?: Initializer;
}

/** Options of a call of a norm. */
export interface NormCallOptions {
  /** Multiplies the normalized input, in place of a parameter; broadcasts to the input. */
  readonly scale?: Tensor;
  /** Is added after scaling, in place of a parameter; broadcasts to the input. */
  readonly offset?: Tensor;
}

/** The two of them, with the names of their options. */
const PARTS = [
  ['scale', 'createScale', 'scaleInit', 1],
  ['offset', 'createOffset', 'offsetInit', 0],
] as const;

/** @throws `layer-options` for an initializer of what the layer does not make */
export function checkAffineOptions(layer: LayerName, options: AffineOptions): void {
  for (const [what, create, init] of PARTS) {
    if (!options[create] && options[init] !== undefined) {
      throw new TankaError(
        'layer-options',
        `${nameOf(layer)} got ${init}, but makes no ${what}: ${create} is false. Set ${create} to true, or leave ${init} out.`,
      );
    }
  }
}

/**
 * @throws `call-options` for a value of what the layer has a parameter for; `input-shape` for one that does not broadcast to `x`
 */
export function checkAffineCall(
  layer: LayerName,
  options: AffineOptions,
  given: NormCallOptions,
  x: Tensor,
): void {
  for (const [what, create] of PARTS) {
    const value = given[what];
    if (value === undefined) continue;
    if (options[create]) {
      throw new TankaError(
        'call-options',
        `${nameOf(layer)} was called with a ${what}, but has one as a parameter: ${create} is true. Set ${create} to false, or leave the ${what} out.`,
      );
    }
    checkTensor(layer, x);
    checkBroadcasts(layer, value, x.shape, `its ${what}`);
  }
}

/** Scale and offset of a call: the layer's parameters of the given shape, or what the call was given in their place. */
export function scaleAndOffset(
  options: AffineOptions,
  given: NormCallOptions,
  x: Tensor,
  shape: number[],
): (Tensor | undefined)[] {
  return PARTS.map(([what, create, init, value]) => {
    if (!options[create]) return given[what];
    return getParameter(what, shape, { dtype: x.dtype, init: options[init] ?? constant(value) });
  });
}
