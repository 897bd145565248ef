import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { bestGuesses, type Guess } from '../../../pretrained/efficientnet/classes.js';
import { efficientNetLite0 } from '../../../pretrained/efficientnet/model.js';
import { toImages, type Photo } from '../../../pretrained/efficientnet/photo.js';
import { efficientNetLite0Weights } from '../../../pretrained/efficientnet/weights.js';

/** The five likeliest classes of ImageNet for a photo, computed by one plan with the weights folded in. */
export function classifier(checkpoint: Uint8Array): (photo: Photo) => Guess[] {
  const recorded = loadSafetensors(checkpoint);
  const { params, state } = efficientNetLite0Weights(recorded);
  hk.tree.dispose(recorded);
  const logits = hk.jit(
    (images: Tensor4D): Tensor2D => efficientNetLite0.apply(params, state, images, false)[0],
    { constants: [params, state] },
  );
  return (photo) => {
    const images = toImages([photo]);
    const result = logits(images);
    const [guesses] = bestGuesses(result, 5);
    hk.tree.dispose([images, result]);
    return guesses;
  };
}
