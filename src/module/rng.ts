import { TankaError } from '../errors/tanka-error.js';
import type { PRNGKey } from '../random/key.js';
import { PRNGSequence, type KeyOrSeed, type PRNGSequenceState } from '../random/prng-sequence.js';
import { currentFrame } from './frame.js';
import { checkUsage } from './usage.js';

function maybeSequence(caller: string): PRNGSequence | null {
  const frame = currentFrame(caller);
  const current = frame.rngs.at(-1) ?? null;
  if (current !== null) checkUsage(frame, caller);
  return current;
}

/** The keys of the running `init` or `apply`. @throws `outside-transform`; `rng-missing` */
export function keySequence(caller: string): PRNGSequence {
  const current = maybeSequence(caller);
  if (current === null) {
    throw new TankaError(
      'rng-missing',
      `hk.${caller} needs random numbers, but init or apply got null as its key. ` +
        'Pass a key or an integer seed: model.init(42, x), model.apply(params, hk.random.key(7), x).',
    );
  }
  return current;
}

/**
 * The next key of the running `init` or `apply`: a new one at each call.
 *
 * @throws `outside-transform`; `rng-missing`
 */
export function nextRngKey(): PRNGKey {
  return keySequence('nextRngKey').nextKey();
}

/**
 * The next `num` keys, split off in one go: not the keys that `num` calls of {@link nextRngKey} would give.
 *
 * @throws `outside-transform`; `rng-missing`; `random-argument-invalid` for `num` below 1
 */
export function nextRngKeys(num: number): PRNGKey[] {
  const current = keySequence('nextRngKeys');
  if (!Number.isSafeInteger(num) || num < 1) {
    throw new TankaError(
      'random-argument-invalid',
      `hk.nextRngKeys returns at least one key, but ${String(num)} were asked for.`,
    );
  }
  return current.take(num);
}

/**
 * The next key, or `null` where no key was given to `init` or `apply`.
 *
 * @throws `outside-transform`
 */
export function maybeNextRngKey(): PRNGKey | null {
  return maybeSequence('maybeNextRngKey')?.nextKey() ?? null;
}

/**
 * Splits off `num` keys at once, to be handed out before any later one.
 *
 * @throws `outside-transform`; `rng-missing`
 */
export function reserveRngKeys(num: number): void {
  keySequence('reserveRngKeys').reserve(num);
}

/**
 * Runs `f` with keys from a sequence of its own and returns its result; the outer sequence is untouched. Also where no key was given to
 * `init` or `apply`.
 *
 * @throws `outside-transform`; `usage-unsafe`; `key-invalid`; `seed-invalid`
 */
export function withRng<R>(keyOrSeed: KeyOrSeed, f: () => R): R {
  const frame = currentFrame('withRng');
  checkUsage(frame, 'withRng');
  const { rngs } = frame;
  rngs.push(new PRNGSequence(keyOrSeed));
  try {
    return f();
  } finally {
    rngs.pop();
  }
}

/**
 * The state of the running `init`'s or `apply`'s sequence of keys, or `null` where no key was given: see {@link replaceRngSequenceState}.
 *
 * @throws `outside-transform`
 */
export function maybeGetRngSequenceState(): PRNGSequenceState | null {
  return maybeSequence('maybeGetRngSequenceState')?.internalState ?? null;
}

/**
 * Continues with the keys that would have come when {@link maybeGetRngSequenceState} gave this state.
 *
 * @throws `outside-transform`; `rng-missing`; `key-invalid`
 */
export function replaceRngSequenceState(state: PRNGSequenceState): void {
  keySequence('replaceRngSequenceState').replaceInternalState(state);
}
