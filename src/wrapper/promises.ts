import { TankaError } from '../errors/tanka-error.js';

/**
 * Returns `value`, unless it is a promise.
 *
 * @param what what it is, as the subject of the message
 * @throws `wrapper-promise`
 */
export function notPromise<T>(value: T, what: string): T {
  const then = value !== null && typeof value === 'object' && 'then' in value ? value.then : undefined;
  if (typeof then !== 'function') return value;
  // Nobody awaits the orphan: without a handler its rejection would end a Node process.
  then.call(
    value,
    () => undefined,
    () => undefined,
  );
  throw new TankaError(
    'wrapper-promise',
    `${what} is a promise. A layer builds and runs synchronously: await the value first, and make the functions of the layer synchronous.`,
  );
}
