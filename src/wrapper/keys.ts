import { TankaError } from '../errors/tanka-error.js';
import { foldIn } from '../random/fold-in.js';
import { key, type PRNGKey } from '../random/key.js';
import { show } from './signature.js';

/** `init` in ASCII: keeps the key of `init_fn` apart from those of the calls. */
const INIT = 0x696e6974;

/** The key that `init_fn` gets: `foldIn(key(seed), 0x696e6974)`. */
export function initKey(seed: number): PRNGKey {
  return foldIn(key(seed), INIT);
}

/**
 * The key of the `count`-th training call, from 0: the raw pair `[seed, count]`, as Keras hands its seed state out.
 * With seed 0 these are `key(0)`, `key(1)`, …
 */
export function callKey(seed: number, count: number): PRNGKey {
  return Uint32Array.of(seed, count);
}

/**
 * @throws `wrapper-seed-invalid` for anything but an integer of 32 bits
 */
export function checkSeed(seed: unknown): number {
  if (typeof seed !== 'number' || !Number.isInteger(seed)) {
    throw new TankaError(
      'wrapper-seed-invalid',
      `Argument \`seed\` must be an integer. Received: seed=${show(seed)}. Leave it out to have one drawn.`,
    );
  }
  if (seed < 0 || seed > 0xffffffff) {
    throw new TankaError(
      'wrapper-seed-invalid',
      `Argument \`seed\` must be an integer from 0 to 4294967295, because it is one word of a key: ${seed} is out of bounds for uint32. Received: seed=${seed}`,
    );
  }
  return seed;
}

/** A seed for a layer that was given none, in Keras' range. */
export function randomSeed(): number {
  return 1 + Math.floor(Math.random() * 1e9);
}
