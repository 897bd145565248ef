import { readFileSync } from 'node:fs';
import { stack, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from 'tanka';
import { continueText, encode } from '../../../examples/pretrained/textgenrnn/generate.js';
import { TextGenRnn, textGenRnn } from '../../../examples/pretrained/textgenrnn/model.js';
import { loadTextGenRnn } from '../../../examples/pretrained/textgenrnn/run.js';
import { tolerances } from '../../support/tolerances.js';
import { Recording, watched, type Stages } from './support.js';

const { prompts, greedy } = (
  JSON.parse(readFileSync(new URL('../../goldens/pretrained/texts.json', import.meta.url), 'utf8')) as {
    textgenrnn: { prompts: string[]; greedy: string[] };
  }
).textgenrnn;

describe('examples/pretrained: textgenrnn', () => {
  const recording = new Recording('textgenrnn');

  it('encodes text as the original did', () => {
    const ids = Int32Array.from(prompts.flatMap((prompt) => [...encode(prompt)]));
    expect(ids).to.deep.equal(recording.values('tokens'));
    expect(encode('x'.repeat(50))[0]).to.equal(encode('x')[39]);
    expect(encode('\u{1f40b}')[39]).to.equal(0);
  });

  it('equals the original stage by stage and in its probabilities', () => {
    const params = loadTextGenRnn();
    const ids = tensor2d(recording.values('tokens') as Int32Array, [3, 40], 'int32');
    const stages: Stages = {};
    const result = hk
      .transform((x: Tensor2D) =>
        watched(['rnn_1', 'rnn_2', 'attention'], stages, () => new TextGenRnn().call(x)),
      )
      .apply(params, null, ids);
    for (const name of ['rnn_1', 'rnn_2']) {
      // One output for each of the 40 characters.
      tidy(() => {
        const outputs = stack(stages[name], 1);
        expect(recording.difference(`act.${name}`, outputs), name).to.be.below(
          tolerances.pretrainedProbabilities,
        );
      });
    }
    expect(recording.difference('act.attention', stages.attention[0])).to.be.below(
      tolerances.pretrainedProbabilities,
    );
    expect(recording.difference('probs', result)).to.be.below(tolerances.pretrainedProbabilities);
    hk.tree.dispose([params, ids, stages, result]);
  });

  it('writes the texts that the original wrote, as a plan', () => {
    const params = loadTextGenRnn();
    const plan = hk.jit((ids: Tensor2D) => textGenRnn.apply(params, ids), { constants: params });
    const texts = prompts.map((prompt, i) => continueText(prompt, greedy[i].length - prompt.length, plan));
    expect(texts).to.deep.equal(greedy);
    plan.dispose();
    hk.tree.dispose(params);
  });
});
