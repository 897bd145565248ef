import { whatIs } from '../backend/what-is.js';
import { settings } from '../config/settings.js';
import { TankaError } from '../errors/tanka-error.js';
import { isKey, key, type PRNGKey } from './key.js';
import { splitInto } from './split.js';

/** The key of a {@link PRNGSequence} and the subkeys it has split off but not handed out. */
export type PRNGSequenceState = readonly [key: PRNGKey, subkeys: readonly PRNGKey[]];

/** What a sequence of keys can start from. */
export type KeyOrSeed = PRNGKey | number | bigint | PRNGSequenceState;

/**
 * What a sequence starts from as a state, `null` for what none starts from.
 *
 * @throws `seed-invalid`
 */
export function startOf(keyOrSeed: unknown): PRNGSequenceState | null {
  if (typeof keyOrSeed === 'number' || typeof keyOrSeed === 'bigint') return [key(keyOrSeed), []];
  if (isKey(keyOrSeed)) return [keyOrSeed, []];
  if (Array.isArray(keyOrSeed) && keyOrSeed.length === 2) {
    const [start, subkeys] = keyOrSeed as unknown[];
    if (isKey(start) && Array.isArray(subkeys) && subkeys.every(isKey)) return [start, subkeys];
  }
  return null;
}

/**
 * An endless sequence of keys, as `hk.PRNGSequence`: each is split off the one key that the sequence holds.
 *
 * The keys that one `split` makes at a time are those of `take(n)`, of `reserve(n)`, or `rngReserveSize` of them (a setting, 1 by default).
 */
export class PRNGSequence implements IterableIterator<PRNGKey> {
  #key!: PRNGKey;
  #subkeys!: PRNGKey[];

  /** @throws `key-invalid` for anything but a key, an integer seed or the state of another sequence; `seed-invalid` */
  constructor(keyOrSeed: KeyOrSeed) {
    this.#start(keyOrSeed);
  }

  #start(keyOrSeed: KeyOrSeed): void {
    const state = startOf(keyOrSeed);
    if (state === null) {
      throw new TankaError(
        'key-invalid',
        `A sequence of keys starts from a key, an integer seed or [key, subkeys], but got ${whatIs(keyOrSeed)}.`,
      );
    }
    this.#key = state[0];
    this.#subkeys = [...state[1]];
  }

  /** The key and the reserved subkeys; a sequence made from it continues where this one is. */
  get internalState(): PRNGSequenceState {
    return [this.#key, [...this.#subkeys]];
  }

  /** Continues where the sequence of the given state was. @throws `key-invalid` */
  replaceInternalState(state: PRNGSequenceState): void {
    this.#start(state);
  }

  /** Splits off `num` subkeys at once, to be handed out before any later one; nothing for `num` ≤ 0. */
  reserve(num: number): void {
    if (num <= 0) return;
    const [next, ...subkeys] = splitInto(this.#key, num + 1);
    this.#key = next;
    this.#subkeys.push(...subkeys);
  }

  /** Brings the number of reserved subkeys to `rngReserveSize`; drops those beyond. */
  reserveUpToFull(): void {
    const { rngReserveSize } = settings();
    this.reserve(rngReserveSize - this.#subkeys.length);
    this.#subkeys.length = rngReserveSize;
  }

  /** The next key. */
  nextKey(): PRNGKey {
    if (this.#subkeys.length === 0) this.reserve(settings().rngReserveSize);
    return this.#subkeys.shift() as PRNGKey;
  }

  /** The next `num` keys, split off in one go: not the keys that `num` calls of `nextKey` would give. */
  take(num: number): PRNGKey[] {
    this.reserve(num - this.#subkeys.length);
    return Array.from({ length: num }, () => this.nextKey());
  }

  /** As {@link nextKey}; the sequence never ends. */
  next(): IteratorResult<PRNGKey, never> {
    return { done: false, value: this.nextKey() };
  }

  /** The sequence itself. */
  [Symbol.iterator](): this {
    return this;
  }
}
