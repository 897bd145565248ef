import { TankaError } from '../errors/tanka-error.js';
import { nameOf, type LayerName } from './input-checks.js';
import { checkWhole } from './option-checks.js';

/**
 * One value for each dimension: a single one counts for all.
 *
 * @throws `layer-options` for an array of another length than 1 and `count`, and for what is neither a whole number from 1 up nor a function
 */
export function replicate<T extends number | ((...args: never[]) => unknown)>(
  layer: LayerName,
  value: T | readonly T[],
  count: number,
  what: string,
): T[] {
  const values = (Array.isArray(value) ? value : [value]) as readonly T[];
  for (const item of values) if (typeof item !== 'function') checkWhole(layer, what, item, 1);
  if (values.length === 1) return Array.from({ length: count }, () => values[0]);
  if (values.length === count) return [...values];
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs one ${what}, or one for each of its ${count} dimensions, but got ${values.length}: [${values.join(', ')}].`,
  );
}
