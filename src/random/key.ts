import { TankaError } from '../errors/tanka-error.js';
import { threefry2x32 } from './threefry.js';

/** A key of the threefry2x32 generator: two unsigned 32-bit words, as `jax.random.PRNGKey` holds them. */
export type PRNGKey = Uint32Array;

/** True for a `Uint32Array` of length 2. */
export function isKey(value: unknown): value is PRNGKey {
  return value instanceof Uint32Array && value.length === 2;
}

/**
 * A key from an integer seed; seeds are cut to 32 bits, as JAX does without x64.
 *
 * @throws `seed-invalid` for anything but an integer.
 */
export function key(seed: number | bigint): PRNGKey {
  const valid = typeof seed === 'bigint' || (typeof seed === 'number' && Number.isSafeInteger(seed));
  if (!valid) {
    throw new TankaError(
      'seed-invalid',
      `A seed must be an integer, but got ${String(seed)} (${typeof seed}). Pass a whole number, or a bigint beyond 2^53.`,
    );
  }
  return Uint32Array.of(0, Number(BigInt.asUintN(32, BigInt(seed))));
}

/** `num` new keys from one; the first ones do not depend on `num`. */
export function split(source: PRNGKey, num = 2): PRNGKey[] {
  return Array.from({ length: num }, (_, i) => foldIn(source, i));
}

/** A new key that depends on `source` and a 32-bit number. */
export function foldIn(source: PRNGKey, data: number): PRNGKey {
  const out = new Uint32Array(2);
  threefry2x32(source[0], source[1], 0, data, out);
  return out;
}
