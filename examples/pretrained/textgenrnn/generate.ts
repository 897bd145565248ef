import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { CONTEXT } from './model.js';
import vocabulary from './vocabulary.json' with { type: 'json' };

/** Begins and ends each text. */
const START = '<s>';

const idOf = new Map(vocabulary.map((character, i) => [character, i]));

/** The last 40 characters of a text, the start before it; 0 stands for what is not there and for unknown characters. */
export function encode(text: string): Int32Array {
  const ids = [START, ...Array.from(text)].map((character) => idOf.get(character) ?? 0).slice(-CONTEXT);
  const out = new Int32Array(CONTEXT);
  out.set(ids, CONTEXT - ids.length);
  return out;
}

/** A text with the likeliest next character appended, again and again, until the model ends it. */
export function continueText(
  prompt: string,
  characters: number,
  probabilities: (ids: Tensor2D) => Tensor2D,
): string {
  let text = prompt;
  for (let i = 0; i < characters; i++) {
    const ids = tensor2d(encode(text), [1, CONTEXT], 'int32');
    const next = probabilities(ids);
    const values = next.dataSync<'float32'>();
    ids.dispose();
    next.dispose();
    const likeliest = values.reduce((best, value, id) => (value > values[best] ? id : best), 0);
    if (vocabulary[likeliest] === START) break;
    text += vocabulary[likeliest];
  }
  return text;
}
