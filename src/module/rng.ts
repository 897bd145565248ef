import { TankaError } from '../errors/tanka-error.js';
import type { PRNGKey } from '../random/key.js';
import { PRNGSequence, type KeyOrSeed } from '../random/prng-sequence.js';
import { currentFrame } from './frame.js';

function maybeSequence(caller: string): PRNGSequence | null {
  const { rngs } = currentFrame(caller);
  return rngs[rngs.length - 1];
}

function sequence(caller: string): PRNGSequence {
  const current = maybeSequence(caller);
  if (current === null) {
    throw new TankaError(
      'rng-missing',
      `hk.${caller} needs random numbers, but init or apply was called with null instead of a key. ` +
        'Pass a key or an integer seed: model.init(42, x), model.apply(params, hk.random.key(7), x).',
    );
  }
  return current;
}

/**
 * The next key of the running `init` or `apply`.
 *
 * @throws `outside-transform`; `rng-missing`
 */
export function nextRngKey(): PRNGKey {
  return sequence('nextRngKey').nextKey();
}

/** The next `num` keys, split off in one go. */
export function nextRngKeys(num: number): PRNGKey[] {
  return sequence('nextRngKeys').take(num);
}

/** The next key, or `null` where no key was given. */
export function maybeNextRngKey(): PRNGKey | null {
  return maybeSequence('maybeNextRngKey')?.nextKey() ?? null;
}

/** Splits off `num` keys at once, to be handed out before any later one. */
export function reserveRngKeys(num: number): void {
  sequence('reserveRngKeys').reserve(num);
}

/** Runs `f` with keys from a sequence of its own; the outer sequence is untouched. */
export function withRng<R>(keyOrSeed: KeyOrSeed, f: () => R): R {
  const { rngs } = currentFrame('withRng');
  rngs.push(new PRNGSequence(keyOrSeed));
  try {
    return f();
  } finally {
    rngs.pop();
  }
}
