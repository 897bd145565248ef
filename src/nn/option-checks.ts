import { TankaError } from '../errors/tanka-error.js';
import { nameOf, type LayerName } from './input-checks.js';

/** Refuses what is not a whole number from `min` up. @throws `layer-options` */
export function checkWhole(layer: LayerName, what: string, value: unknown, min: number): void {
  if (Number.isInteger(value) && (value as number) >= min) return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs a whole number from ${min} up as ${what}, but got ${what} = ${String(value)}.`,
  );
}

/** Refuses what is not a number within the limits, `NaN` included. @throws `layer-options` */
export function checkNumber(
  layer: LayerName,
  what: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs a number from ${min} to ${max} as ${what}, but got ${what} = ${String(value)}.`,
  );
}

/** Refuses an `eps` that is no number, or would make every output one. @throws `layer-options` */
export function checkEps(layer: LayerName, eps: unknown): void {
  checkNumber(layer, 'eps', eps, { min: 0, max: Number.MAX_VALUE });
}
