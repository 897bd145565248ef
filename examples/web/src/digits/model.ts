import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { transformed } from '../../../start/network.js';

/** Class probabilities of an image `[1, 28, 28, 1]`, and what the convolution made of it `[1, 28, 28, 32]`. */
export function recogniser(checkpoint: Uint8Array): (image: Tensor4D) => [Tensor2D, Tensor] {
  const params = loadSafetensors(checkpoint);
  const { apply } = hk.withoutApplyRng(transformed);
  const run = (image: Tensor4D): [Tensor2D, Tensor] => {
    const [probabilities, outputs] = hk.capture(
      () => apply(params, image, false),
      (name) => name.endsWith('conv2_d'),
    );
    return [probabilities, hk.nn.relu(outputs['my_haiku_module/conv2_d'][0])];
  };
  return hk.jit(run);
}
