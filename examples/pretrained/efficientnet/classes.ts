import { softmax, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import names from './imagenet-classes.json' with { type: 'json' };

/** A class with its probability. */
export interface Guess {
  readonly name: string;
  readonly probability: number;
}

/** The likeliest classes of each photo, the likeliest first. */
export function bestGuesses(logits: Tensor2D, count: number): Guess[][] {
  const probabilities = tidy(() => softmax(logits).arraySync() as number[][]);
  return probabilities.map((row) =>
    row
      .map((probability, i) => ({ name: names[i], probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, count),
  );
}
