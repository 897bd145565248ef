import type { PaddingName, PaddingPair, WindowPadding } from '../backend/ops/window.js';
import { TankaError } from '../errors/tanka-error.js';
import { nameOf, type LayerName } from './input-checks.js';
import { createFromPadfn, createFromTuple, isPadfn, type PadFn } from './pad.js';

/**
 * Padding of the spatial dimensions: `SAME` (`⌈size / stride⌉` outputs; `SAME_LOWER` puts the odd cell before) or `VALID` (none), a pair
 * `[before, after]`, one pair a dimension, a function of `hk.pad`, or one a dimension.
 */
export type Padding =
  PaddingName | Lowercase<PaddingName> | PaddingPair | readonly PaddingPair[] | PadFn | readonly PadFn[];

/** @throws `layer-options` for anything that is no {@link Padding} */
export function toWindowPadding(
  layer: LayerName,
  padding: Padding,
  kernelShape: readonly number[],
  rates: readonly number[],
): WindowPadding {
  if (typeof padding === 'string') {
    const name = padding.toUpperCase();
    if (name === 'SAME' || name === 'VALID' || name === 'SAME_LOWER') return name;
    throw new TankaError(
      'layer-options',
      `${nameOf(layer)} has no padding '${padding}'. Use 'SAME', 'VALID', 'SAME_LOWER', pairs of numbers or a function of hk.pad.`,
    );
  }
  const count = kernelShape.length;
  return isPadfn(padding)
    ? createFromPadfn(padding, kernelShape, rates, count)
    : createFromTuple(padding, count);
}
