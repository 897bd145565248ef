/** BERT's tokenizer for lower-case text: words and punctuation, words in the longest known pieces. */

/** Longer words are unknown. */
const LONGEST = 100;

const PUNCTUATION = /[\p{P}$+<=>^`|~]/u;
const IDEOGRAPH = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;

/** Lower case without accents and control characters, in words; each punctuation mark and each ideograph is one of its own. */
export function words(text: string): string[] {
  const plain = text
    .replace(/[^\S ]/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu, '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  const apart = new RegExp(`${PUNCTUATION.source}|${IDEOGRAPH.source}`, 'gu');
  return plain.replace(apart, ' $& ').split(/\s+/).filter(Boolean);
}

/** Tokens of texts as the encoder takes them, row by row, filled up with zeros. */
export interface Tokens {
  readonly ids: Int32Array;
  readonly mask: Int32Array;
  readonly shape: [texts: number, length: number];
}

/** A vocabulary and how words are taken apart in it. */
export class Tokenizer {
  private readonly ids: ReadonlyMap<string, number>;

  /** @param vocabulary tokens in the order of the rows of the word table; pieces within words begin with `##` */
  constructor(vocabulary: readonly string[]) {
    this.ids = new Map(vocabulary.map((token, id) => [token, id]));
  }

  private pieces(word: string): string[] | undefined {
    const out: string[] = [];
    for (let start = 0; start < word.length;) {
      let end = word.length;
      const piece = (): string => (start > 0 ? '##' : '') + word.slice(start, end);
      while (end > start && !this.ids.has(piece())) end--;
      if (end === start) return undefined;
      out.push(piece());
      start = end;
    }
    return word.length > LONGEST ? undefined : out;
  }

  /** The tokens of a text between `[CLS]` and `[SEP]`. */
  tokens(text: string): string[] {
    const inner = words(text).flatMap((word) => {
      const pieces = this.pieces(word);
      if (pieces !== undefined) return pieces;
      if (this.ids.has('[UNK]')) return ['[UNK]'];
      throw new Error(
        `'${word}' is not among the ${this.ids.size} tokens that come with this example. ` +
          'Give the folder of the whole model: npm run pretrained -- minilm FOLDER "first text" "second text".',
      );
    });
    return ['[CLS]', ...inner, '[SEP]'];
  }

  /** Tokens of several texts, cut to `longest`. */
  encode(texts: readonly string[], longest: number): Tokens {
    const rows = texts.map((text) => {
      const tokens = this.tokens(text);
      return tokens.length > longest ? [...tokens.slice(0, longest - 1), '[SEP]'] : tokens;
    });
    const length = Math.max(...rows.map((row) => row.length));
    const ids = new Int32Array(rows.length * length);
    const mask = new Int32Array(rows.length * length);
    rows.forEach((row, i) => {
      row.forEach((token, j) => {
        ids[i * length + j] = this.ids.get(token) as number;
        mask[i * length + j] = 1;
      });
    });
    return { ids, mask, shape: [rows.length, length] };
  }
}
