import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { checkDtype, checkTensor, nameOf, show, type LayerName } from '../input-checks.js';

/** One axis, several, or `null` for all; negative ones count from the end. */
export type Axis = number | readonly number[] | null;

/**
 * The axes as indices from 0.
 *
 * @throws `call-options` for an axis that `x` does not have; `input-not-tensor`
 */
export function axesOf(x: Tensor, axis: Axis, caller: string): number[] {
  checkTensor(caller, x);
  if (axis === null) return x.shape.map((_, dim) => dim);
  return [axis].flat().map((dim) => axisIn(caller, x, dim));
}

/** @param rank how many axes there are: those of `x`, or more @throws `call-options` */
export function axisIn(layer: LayerName, x: Tensor, axis: number, rank = x.rank): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new TankaError(
      'call-options',
      `${nameOf(layer)} got the axis ${axis} for an input ${show(x)}. Use axes from ${-rank} to ${rank - 1}.`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * The option `where`, if it is given.
 *
 * @throws `input-not-tensor`; `input-dtype` for other than bool
 */
export function maskOf(where: Tensor | undefined, caller: string): Tensor | undefined {
  if (where !== undefined) checkDtype(caller, where, 'bool', 'where');
  return where;
}
