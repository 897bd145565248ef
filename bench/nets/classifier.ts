import { clone, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { efficientNetLite0 } from '../../examples/pretrained/efficientnet/model.js';
import { efficientNetLite0Weights } from '../../examples/pretrained/efficientnet/weights.js';

/** What a worker serves and the main thread calls: a whole network, and nothing at all, which leaves the cost of the way. */
export function classifier(weights: Uint8Array) {
  const checkpoint = loadSafetensors(weights);
  const { params, state } = efficientNetLite0Weights(checkpoint);
  hk.tree.dispose(checkpoint);
  const logits = hk.jit(
    (images: Tensor4D): Tensor2D => efficientNetLite0.apply(params, state, images, false)[0],
    { constants: [params, state] },
  );
  return {
    classify: (images: Tensor4D): Tensor2D => logits(images),
    echo: (images: Tensor4D): Tensor => clone(images),
  };
}
