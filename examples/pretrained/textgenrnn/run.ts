import { tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadInto } from 'tanka/checkpoint';
import type { Pretrained } from '../demonstration.js';
import { bundledWeights } from '../files.js';
import { continueText, encode } from './generate.js';
import { CONTEXT, textGenRnn } from './model.js';

const CHARACTERS = 60;

/** Parameters of the model; the caller's. */
export function loadTextGenRnn(): hk.Params {
  return tidy(() => {
    const ids = { shape: [1, CONTEXT], dtype: 'int32' as const };
    const template = hk.evalShape(textGenRnn.init, hk.random.key(0), ids);
    return loadInto(template, bundledWeights('textgenrnn'));
  });
}

/** Texts continued. */
export const textgenrnn: Pretrained = {
  samples: ['The meaning of life is', 'What is the best ', 'TensorFlow '],
  prepare: (prompts) => {
    const params = loadTextGenRnn();
    const eager = (ids: Tensor2D): Tensor2D => textGenRnn.apply(params, ids);
    const plan = hk.jit(eager, { constants: params });
    const ids = tensor2d(encode(prompts[0]), [1, CONTEXT], 'int32');
    return {
      unit: 'character',
      report: () => prompts.map((prompt) => continueText(prompt, CHARACTERS, plan)),
      plan: () => plan(ids).dispose(),
      eager: () => tidy(() => void eager(ids)),
    };
  },
};
