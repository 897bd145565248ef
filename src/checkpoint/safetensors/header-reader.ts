import type { TankaError } from '../../errors/tanka-error.js';
import { corrupt } from './corrupt.js';

/** What a header says of one array, not yet checked. */
interface RawEntry {
  dtype: string;
  shape: number[];
  offsets: [number, number];
}

const MAX_RANK = 64;

/**
 * Reads the JSON of a safetensors header, and no other JSON: three levels deep at most, so that hostile nesting costs nothing,
 * and with every name seen, where `JSON.parse` drops the first of two equal ones.
 */
export class HeaderReader {
  #position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  #fail(what: string): TankaError {
    return corrupt(`its header has ${what} at character ${this.#position}`);
  }

  #peek(): string {
    let code = this.#text.charCodeAt(this.#position);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.#text.charCodeAt(++this.#position);
    }
    return this.#text.charAt(this.#position);
  }

  #take(character: string): void {
    if (this.#peek() !== character) {
      throw this.#fail(`'${this.#peek() || 'its end'}' where '${character}' was expected`);
    }
    this.#position++;
  }

  #list(open: string, close: string, item: () => void): void {
    this.#take(open);
    if (this.#peek() !== close) {
      item();
      while (this.#peek() === ',') {
        this.#position++;
        item();
      }
    }
    this.#take(close);
  }

  #string(): string {
    this.#take('"');
    const start = this.#position - 1;
    let character = this.#text.charAt(this.#position);
    while (character !== '"' && character !== '') {
      this.#position += character === '\\' ? 2 : 1;
      character = this.#text.charAt(this.#position);
    }
    this.#take('"');
    try {
      return JSON.parse(this.#text.slice(start, this.#position)) as string;
    } catch {
      throw this.#fail('a malformed string');
    }
  }

  #integer(): number {
    this.#peek();
    const start = this.#position;
    let code = this.#text.charCodeAt(start);
    while (code >= 0x30 && code <= 0x39) code = this.#text.charCodeAt(++this.#position);
    const digits = this.#text.slice(start, this.#position);
    const value = Number(digits);
    if (digits === '' || (digits.length > 1 && digits.startsWith('0')) || !Number.isSafeInteger(value)) {
      throw this.#fail(`no integer from 0 to 2^53 - 1 ('${digits.slice(0, 24)}')`);
    }
    return value;
  }

  #integers(): number[] {
    const out: number[] = [];
    this.#list('[', ']', () => {
      if (out.length === MAX_RANK) throw this.#fail(`more than ${MAX_RANK} numbers in a list`);
      out.push(this.#integer());
    });
    return out;
  }

  /** Reads an object, whose names differ, and calls `value` at each of its values. */
  object(value: (key: string) => void): void {
    const names = new Set<string>();
    this.#list('{', '}', () => {
      const key = this.#string();
      if (names.has(key)) throw this.#fail(`the name '${key}' twice`);
      names.add(key);
      this.#take(':');
      value(key);
    });
  }

  /** Reads an object of strings. */
  strings(): Record<string, string> {
    const out: [string, string][] = [];
    this.object((key) => out.push([key, this.#string()]));
    return Object.fromEntries(out);
  }

  /** Reads `{ dtype, shape, data_offsets }`. */
  entry(): RawEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.object((key) => {
      if (key === 'dtype') dtype = this.#string();
      else if (key === 'shape') shape = this.#integers();
      else if (key === 'data_offsets') offsets = this.#integers();
      else throw this.#fail(`an unknown field '${key}'`);
    });
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      throw this.#fail('an array without dtype, shape or two data_offsets');
    }
    return { dtype, shape, offsets: [offsets[0], offsets[1]] };
  }

  /** Nothing but space may follow. */
  end(): void {
    if (this.#peek() !== '') throw this.#fail(`'${this.#peek()}' after its end`);
  }
}
