import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { slice, tidy, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import type { Pretrained } from '../demonstration.js';
import { bundled, bundledWeights } from '../files.js';
import { bestGuesses } from './classes.js';
import { decodePhoto } from './decode.js';
import { efficientNetLite0 } from './model.js';
import { toImages } from './photo.js';
import { efficientNetLite0Weights } from './weights.js';

/** ImageNet classes of photos. */
export const efficientnet: Pretrained = {
  samples: [bundled('samples/chelsea.png'), bundled('samples/coffee.png')],
  prepare: (paths) => {
    const images = toImages(paths.map((path) => decodePhoto(readFileSync(path))));
    const checkpoint = bundledWeights('efficientnet_lite0');
    const { params, state } = efficientNetLite0Weights(checkpoint);
    hk.tree.dispose(checkpoint);
    const classify = (x: Tensor4D): Tensor2D => efficientNetLite0.apply(params, state, x, false)[0];
    const plan = hk.jit(classify, { constants: [params, state] });
    const first = slice(images, 0, 1) as Tensor4D;
    return {
      unit: 'image',
      report: () =>
        bestGuesses(classify(images), 5).flatMap((guesses, i) => [
          basename(paths[i]),
          ...guesses.map(
            ({ name, probability }) => `  ${(100 * probability).toFixed(1).padStart(5)} %  ${name}`,
          ),
        ]),
      plan: () => plan(first).dispose(),
      eager: () => tidy(() => void classify(first)),
    };
  },
};
