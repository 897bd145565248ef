import { whatIs } from '../backend/what-is.js';
import { runRandom, type RandomOperation } from '../backend/recordable.js';
import { TankaError } from '../errors/tanka-error.js';

/** A key of the threefry2x32 generator: two unsigned 32-bit words, as `jax.random.PRNGKey` holds them. */
export type PRNGKey = Uint32Array;

/** True for a `Uint32Array` of length 2. */
export function isKey(value: unknown): value is PRNGKey {
  return value instanceof Uint32Array && value.length === 2;
}

/** @throws `key-invalid` for anything but a key. */
export function checkKey(caller: string, value: unknown): asserts value is PRNGKey {
  if (isKey(value)) return;
  throw new TankaError(
    'key-invalid',
    `hk.random.${caller} needs a key (a Uint32Array of length 2), but got ${whatIs(value)}. ` +
      (value === null
        ? 'Pass a key or an integer seed to init or apply.'
        : 'Make one with hk.random.key(seed), or several with hk.random.split(key, num).'),
  );
}

const operation: RandomOperation<{ readonly seed: number | bigint }, PRNGKey> = {
  name: 'key',
  run: ({ attributes: { seed } }) => Uint32Array.of(0, Number(BigInt.asUintN(32, BigInt(seed)))),
};

/**
 * A key from an integer seed; seeds are cut to 32 bits, as JAX does without x64.
 *
 * @throws `seed-invalid` for anything but an integer; a number must be within ±(2^53 − 1), a bigint within 64 bits.
 */
export function key(seed: number | bigint): PRNGKey {
  const valid =
    typeof seed === 'bigint' ? -(2n ** 63n) <= seed && seed < 2n ** 64n : Number.isSafeInteger(seed);
  if (!valid) {
    throw new TankaError(
      'seed-invalid',
      `A seed must be an integer of at most 64 bits, beyond 2^53 a bigint, but got ${whatIs(seed)}.`,
    );
  }
  return runRandom(operation, { keys: [], tensors: [], attributes: { seed } });
}
