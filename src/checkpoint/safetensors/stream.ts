import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { guardLeaves } from '../../tree/owned.js';
import { dispose } from '../../tree/tree.js';
import { nest, type Checkpoint } from '../keys.js';
import { toTensor } from '../stored-array.js';
import { corrupt } from './corrupt.js';
import { headerLength, parseHeader, PREFIX, type HeaderEntry } from './header.js';
import type { LoadOptions } from './safetensors.js';

/** Anything that gives bytes piece by piece: the body of a response, a file's read stream. */
export type ByteSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Options of {@link streamSafetensors}. */
export interface StreamOptions extends LoadOptions {
  /** Told after each piece how many bytes were read, and how many there are (header included) once that is known. */
  readonly onProgress?: (read: number, total: number | undefined) => void;
}

async function* pieces(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in source) {
    yield* source as AsyncIterable<Uint8Array>;
    return;
  }
  // Not every browser iterates over streams.
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

/** Takes bytes from a source in the amounts asked for. Holds no more than was received. */
class Taker {
  read = 0;
  total: number | undefined;
  readonly #source: AsyncGenerator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(
    source: ByteSource,
    private readonly onProgress: StreamOptions['onProgress'],
  ) {
    this.#source = pieces(source);
  }

  async #next(what: string): Promise<Uint8Array> {
    while (this.#rest.byteLength === 0) {
      const next = await this.#source.next();
      if (next.done === true) throw corrupt(`it ends after ${this.read} bytes, within ${what}`);
      this.read += next.value.byteLength;
      this.#rest = next.value;
      this.onProgress?.(this.read, this.total);
    }
    return this.#rest;
  }

  /** The next `length` bytes in memory of their own, or nothing of them when `keep` is false. */
  async take(length: number, what: string, keep = true): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let missing = length; missing > 0;) {
      const piece = (await this.#next(what)).subarray(0, missing);
      if (keep) parts.push(piece);
      missing -= piece.byteLength;
      this.#rest = this.#rest.subarray(piece.byteLength);
    }
    const out = new Uint8Array(keep ? length : 0);
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.byteLength;
    }
    return out;
  }

  async expectEnd(): Promise<void> {
    if (this.#rest.byteLength === 0 && (await this.#source.next()).done === true) return;
    throw corrupt('bytes follow its last array');
  }

  async close(): Promise<void> {
    await this.#source.return(undefined);
  }
}

/**
 * {@link loadSafetensors} from a stream: each array becomes a tensor as soon as its bytes are there, so that the file is never whole in memory.
 *
 * @throws as `loadSafetensors`, and whatever the source throws; no tensor is left behind then
 */
export async function streamSafetensors(
  source: ByteSource,
  options: StreamOptions = {},
): Promise<Checkpoint> {
  const { filter = () => true, onProgress } = options;
  const taker = new Taker(source, onProgress);
  const made: [string, Tensor][] = [];
  try {
    const length = headerLength(await taker.take(PREFIX, 'the length of its header'));
    const { entries } = parseHeader(await taker.take(length, 'its header'));
    const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
    taker.total = PREFIX + length + (sorted.at(-1)?.end ?? 0);
    for (const entry of sorted) await readEntry(taker, entry, filter(entry.key), made);
    await taker.expectEnd();
    return guardLeaves(nest(made));
  } catch (error) {
    dispose(made.map(([, value]) => value));
    throw error;
  } finally {
    await taker.close();
  }
}

async function readEntry(
  taker: Taker,
  { key, dtype, shape, begin, end }: HeaderEntry,
  wanted: boolean,
  made: [string, Tensor][],
): Promise<void> {
  const bytes = await taker.take(end - begin, `'${key}'`, wanted);
  if (wanted) made.push([key, tidy(() => toTensor({ key, dtype, shape, bytes }))]);
}
