import type { Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';

/**
 * A bound, index or condition as a plain number; a scalar tensor is read.
 *
 * @throws `control-value`
 */
export function scalarValue(value: boolean | number | Tensor, what: string): number {
  if (typeof value === 'boolean' || typeof value === 'number') return Number(value);
  if (isTensor(value) && value.size === 1) return value.dataSync()[0];
  throw new TankaError(
    'control-value',
    `${what} must be a boolean, a number or a scalar tensor, but is ${whatIs(value)}.`,
  );
}
