import { TankaError } from '../errors/tanka-error.js';

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && typeof (value as { then?: unknown } | null)?.then === 'function';
}

/**
 * Returns `value`, unless it is a promise.
 *
 * @param where what returned it, for the message
 * @throws `async-function`
 */
export function checkSynchronous<T>(value: T, where: () => string): T {
  if (isThenable(value)) {
    // Nobody awaits the orphan: without a handler its rejection would end a Node process.
    value.then(undefined, () => undefined);
    throw new TankaError(
      'async-function',
      `${where()} returned a promise. Functions inside a transform must be synchronous, because parameters, state and names belong to ` +
        'the call that is running: await what you need before you call init or apply.',
    );
  }
  return value;
}
