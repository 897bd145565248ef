import { expandDims, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { categorical } from '../random/categorical.js';
import type { PRNGKey } from '../random/key.js';
import { checkRank } from './input-checks.js';

/**
 * Draws classes with the probabilities `softmax(logits)`.
 *
 * @param logits `[...batch, classes]`
 * @returns class numbers, int32 `[...batch, numSamples]`
 */
export function multinomial(rng: PRNGKey, logits: Tensor, numSamples: number): Tensor {
  return tidy(() => {
    checkRank('hk.multinomial', logits, { min: 1 }, '[...batch, classes]');
    const batch = logits.shape.slice(0, -1);
    if (numSamples === 1) return expandDims(categorical(rng, logits), -1);
    const samples = categorical(rng, logits, { shape: [numSamples, ...batch] });
    return transpose(samples, [...batch.map((_, dim) => dim + 1), 0]);
  });
}
