import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matMul, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadSafetensorsFile } from 'tanka/checkpoint';
import type { Pretrained } from '../demonstration.js';
import { bundledWeights } from '../files.js';
import { miniLM } from './model.js';
import { Tokenizer } from './tokenizer.js';
import bundledVocabulary from './vocabulary.json' with { type: 'json' };
import { isEncoderKey, miniLMWeights } from './weights.js';

/** Likeness of sentences. */
export const minilm: Pretrained = {
  samples: [
    'Call me Ishmael.',
    'A cat sleeps on the sofa.',
    'The kitten is napping on the couch.',
    'TensorFlow.js runs machine learning models in the browser.',
  ],
  prepare: async (inputs) => {
    // The first argument may be a folder with the published model.safetensors and vocab.txt.
    const folder = existsSync(join(inputs[0], 'vocab.txt')) ? inputs[0] : undefined;
    const texts = folder === undefined ? inputs : inputs.slice(1);
    if (texts.length === 0) throw new Error('Give texts after the folder, each in quotes.');
    const checkpoint =
      folder === undefined
        ? bundledWeights('minilm')
        : await loadSafetensorsFile(join(folder, 'model.safetensors'), { filter: isEncoderKey });
    const { params, sizes } = miniLMWeights(checkpoint);
    hk.tree.dispose(checkpoint);

    const vocabulary =
      folder === undefined
        ? bundledVocabulary
        : readFileSync(join(folder, 'vocab.txt'), 'utf8').trimEnd().split(/\r?\n/);
    const { ids, mask, shape } = new Tokenizer(vocabulary).encode(texts, sizes.positions);
    const [idTensor, maskTensor] = [tensor2d(ids, shape, 'int32'), tensor2d(mask, shape, 'int32')];
    const encode = (x: Tensor2D, m: Tensor2D): Tensor2D => miniLM(sizes).apply(params, x, m);
    const plan = hk.jit(encode, { constants: params });
    return {
      unit: `batch of ${texts.length} texts, ${shape[1]} tokens each`,
      report: () => {
        const cosines = tidy(() => {
          const vectors = encode(idTensor, maskTensor);
          return matMul(vectors, vectors, false, true).arraySync() as number[][];
        });
        return [
          'cosines of the texts:',
          ...texts.map(
            (text, i) => `  ${cosines[i].map((x) => x.toFixed(3).padStart(6)).join(' ')}  ${text}`,
          ),
        ];
      },
      plan: () => plan(idTensor, maskTensor).dispose(),
      eager: () => tidy(() => void encode(idTensor, maskTensor)),
    };
  },
};
