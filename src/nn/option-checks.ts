import { TankaError } from '../errors/tanka-error.js';
import { nameOf, type LayerName } from './input-checks.js';

/** The options, refused where they are no object. @throws `layer-options` */
export function checkOptions<Options>(layer: LayerName, options: Options): Options {
  if (typeof options === 'object' && options !== null) return options;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs its options as an object, but got ${String(options)}. See its documentation.`,
  );
}

/** A list as an array. @throws `layer-options` for what cannot be iterated */
export function checkedList<T>(layer: LayerName, what: string, list: Iterable<T>): T[] {
  if (typeof list === 'object' && list !== null && Symbol.iterator in list) return [...list];
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs an array as ${what}, but got ${String(list)}. Pass an array, also for one entry.`,
  );
}

/** @param orCall takes an object with a `call` method too @throws `layer-options` for what is no function */
export function checkFunction(
  layer: LayerName,
  what: string,
  value: unknown,
  { orCall = false }: { readonly orCall?: boolean } = {},
): void {
  const method = orCall ? (value as { call?: unknown } | null | undefined)?.call : undefined;
  if (typeof value === 'function' || typeof method === 'function') return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} needs a function${orCall ? ', or an object with a call method,' : ''} as ${what}, but got ${String(value)}.`,
  );
}

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
