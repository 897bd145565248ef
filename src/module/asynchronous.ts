import { TankaError } from '../errors/tanka-error.js';

/**
 * Returns `value`, unless it is a promise.
 *
 * @param where what returned it, for the message
 * @throws `async-function`
 */
export function checkSynchronous<T>(value: T, where: () => string): T {
  const promise = value as Partial<PromiseLike<unknown>> | null | undefined;
  if (typeof promise === 'object' && typeof promise?.then === 'function') {
    // Nobody awaits the orphan: without a handler its rejection would end a Node process.
    promise.then(undefined, () => undefined);
    throw new TankaError(
      'async-function',
      `${where()} returned a promise, but transforms are synchronous: ` +
        'await what you need before init or apply.',
    );
  }
  return value;
}
