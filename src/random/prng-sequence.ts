import { TankaError } from '../errors/tanka-error.js';
import { isKey, key, split, type PRNGKey } from './key.js';

/** The key of a {@link PRNGSequence} and the subkeys it has split off but not handed out. */
export type PRNGSequenceState = readonly [key: PRNGKey, subkeys: readonly PRNGKey[]];

/** What a sequence of keys can start from. */
export type KeyOrSeed = PRNGKey | number | bigint | PRNGSequenceState;

/** An endless sequence of keys: each is split off the one key that the sequence holds. */
export class PRNGSequence implements IterableIterator<PRNGKey> {
  #key: PRNGKey;
  #subkeys: PRNGKey[];

  /** @throws `key-invalid` for anything but a key, an integer seed or the state of another sequence. */
  constructor(keyOrSeed: KeyOrSeed) {
    if (typeof keyOrSeed === 'number' || typeof keyOrSeed === 'bigint') {
      this.#key = key(keyOrSeed);
      this.#subkeys = [];
    } else if (isKey(keyOrSeed)) {
      this.#key = keyOrSeed;
      this.#subkeys = [];
    } else if (Array.isArray(keyOrSeed) && keyOrSeed.length === 2 && isKey(keyOrSeed[0])) {
      const [start, subkeys] = keyOrSeed as PRNGSequenceState;
      this.#key = start;
      this.#subkeys = [...subkeys];
    } else {
      throw new TankaError(
        'key-invalid',
        `A sequence of keys starts from a key (a Uint32Array of length 2), an integer seed or [key, subkeys], but got ${String(keyOrSeed)}.`,
      );
    }
  }

  /** The key and the reserved subkeys; a sequence made from it continues where this one is. */
  get state(): PRNGSequenceState {
    return [this.#key, [...this.#subkeys]];
  }

  set state([start, subkeys]: PRNGSequenceState) {
    this.#key = start;
    this.#subkeys = [...subkeys];
  }

  /** Splits off `num` subkeys at once, to be handed out before any later one. */
  reserve(num: number): void {
    if (num <= 0) return;
    const [next, ...subkeys] = split(this.#key, num + 1);
    this.#key = next;
    this.#subkeys.push(...subkeys);
  }

  /** The next key. */
  nextKey(): PRNGKey {
    if (this.#subkeys.length === 0) this.reserve(1);
    return this.#subkeys.shift() as PRNGKey;
  }

  /** The next `num` keys, split off in one go: not the keys that `num` calls of `nextKey` would give. */
  take(num: number): PRNGKey[] {
    this.reserve(num - this.#subkeys.length);
    return Array.from({ length: num }, () => this.nextKey());
  }

  next(): IteratorResult<PRNGKey, never> {
    return { done: false, value: this.nextKey() };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
