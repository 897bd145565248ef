import { readFileSync } from 'node:fs';
import { matMul, tensor2d, tidy, transpose, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from 'tanka';
import type { Checkpoint } from 'tanka/checkpoint';
import { miniLM, MiniLM } from '../../../examples/pretrained/minilm/model.js';
import { Tokenizer, words } from '../../../examples/pretrained/minilm/tokenizer.js';
import vocabulary from '../../../examples/pretrained/minilm/vocabulary.json' with { type: 'json' };
import { isEncoderKey, miniLMWeights } from '../../../examples/pretrained/minilm/weights.js';
import { tolerances } from '../../support/tolerances.js';
import { recordedWeights, Recording, watched, type Stages } from './support.js';

interface Texts {
  readonly sentences: string[];
  readonly tokens: string[][];
  readonly cosines: number[][];
}

const { sentences, tokens, cosines } = (
  JSON.parse(readFileSync(new URL('../../goldens/pretrained/texts.json', import.meta.url), 'utf8')) as {
    minilm: Texts;
  }
).minilm;

describe('examples/pretrained: MiniLM', () => {
  const tokenizer = new Tokenizer(vocabulary);
  const recording = new Recording('minilm');

  it('takes sentences apart as the original tokenizer did', () => {
    expect(sentences.map((sentence) => tokenizer.tokens(sentence))).to.deep.equal(tokens);
    const { ids, mask, shape } = tokenizer.encode(sentences, 64);
    expect(shape).to.deep.equal([5, 32]);
    expect(ids).to.deep.equal(recording.values('ids_mini'));
    expect(mask).to.deep.equal(recording.values('mask'));
  });

  it('splits text by BERT’s rules', () => {
    expect(words('Ça va?\tNaïve “CO₂”, 東京!')).to.deep.equal([
      ...['ca', 'va', '?', 'naive', '“', 'co₂', '”', ',', '東', '京', '!'],
    ]);
    expect(words('a\u0000b\ufffdc  d')).to.deep.equal(['abc', 'd']);
    const whole = new Tokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'un', '##aff', '##able', 'a']);
    expect(whole.tokens('Unaffable, a')).to.deep.equal([
      ...['[CLS]', 'un', '##aff', '##able', '[UNK]', 'a', '[SEP]'],
    ]);
    expect(whole.tokens('a'.repeat(101))).to.deep.equal(['[CLS]', '[UNK]', '[SEP]']);
    expect(whole.encode(['a a a a', 'a'], 4)).to.deep.equal({
      ids: Int32Array.of(2, 7, 7, 3, 2, 7, 3, 0),
      mask: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 0),
      shape: [2, 4],
    });
  });

  it('says so when a word is not in the vocabulary that comes with it', () => {
    expect(() => tokenizer.tokens('The whale.')).to.throw("'whale' is not among the 51 tokens");
  });

  it('equals the original stage by stage and in its embeddings', () => {
    const checkpoint = recordedWeights('minilm');
    const { params, sizes } = miniLMWeights(checkpoint);
    const [ids, mask] = ['ids_mini', 'mask'].map((name) =>
      tensor2d(recording.values(name) as Int32Array, [5, 32], 'int32'),
    );
    const names = ['embed_ln', ...Array.from({ length: 6 }, (_, i) => `layer_${i}`)];
    const stages: Stages = {};
    const result = hk
      .transform((x: Tensor2D, m: Tensor2D) => watched(names, stages, () => new MiniLM(sizes).call(x, m)))
      .apply(params, null, ids, mask);
    for (const name of names) {
      expect(recording.difference(name, stages[name][0]), name).to.be.below(
        tolerances.pretrainedProbabilities,
      );
    }
    expect(recording.difference('embeddings', result)).to.be.below(tolerances.pretrainedProbabilities);

    const likeness = tidy(() => matMul(result, result, false, true).arraySync() as number[][]);
    likeness.flat().forEach((cosine, i) => expect(cosine).to.be.closeTo(cosines.flat()[i], 1e-3));

    const plan = hk.jit((p: hk.Params, x: Tensor2D, m: Tensor2D) => miniLM(sizes).apply(p, x, m), {
      constants: params,
    });
    const planned = plan(params, ids, mask);
    expect(recording.difference('embeddings', planned)).to.be.below(tolerances.pretrainedProbabilities);
    plan.dispose();
    hk.tree.dispose([checkpoint, params, ids, mask, stages, result, planned]);
  });

  it('loads the file published for torch by its names', () => {
    const checkpoint = recordedWeights('minilm');
    const { params } = miniLMWeights(checkpoint);
    const published = publishedFor(checkpoint);
    const { params: same, sizes } = miniLMWeights(published);
    expect(sizes).to.deep.equal({ vocabSize: 51, positions: 64 });
    expect(Object.keys(same)).to.have.members(Object.keys(params));
    hk.tree.map(
      (a: Tensor, b: Tensor) => {
        expect(a.dataSync()).to.deep.equal(b.dataSync());
        return a;
      },
      params,
      same,
    );
    expect(
      ['pooler.dense.weight', 'embeddings.position_ids', 'encoder.layer.0.output.dense.bias'].map(
        isEncoderKey,
      ),
    ).to.deep.equal([false, false, true]);
    hk.tree.dispose([checkpoint, params, published, same]);
  });
});

/** The recorded arrays under torch's names and in its layouts. */
function publishedFor(checkpoint: Checkpoint): Checkpoint {
  const parts: [RegExp, string][] = [
    [/^minilm\/word_embed/, 'embeddings.word_embeddings'],
    [/^minilm\/position_embed/, 'embeddings.position_embeddings'],
    [/^minilm\/token_type_embed/, 'embeddings.token_type_embeddings'],
    [/^minilm\/embed_ln/, 'embeddings.LayerNorm'],
    [/^minilm\/layer_(\d)\/attention\/linear/, 'encoder.layer.$1.attention.output.dense'],
    [/^minilm\/layer_(\d)\/attention\//, 'encoder.layer.$1.attention.self.'],
    [/^minilm\/layer_(\d)\/attention_ln/, 'encoder.layer.$1.attention.output.LayerNorm'],
    [/^minilm\/layer_(\d)\/mlp_in/, 'encoder.layer.$1.intermediate.dense'],
    [/^minilm\/layer_(\d)\/mlp_out/, 'encoder.layer.$1.output.dense'],
    [/^minilm\/layer_(\d)\/mlp_ln/, 'encoder.layer.$1.output.LayerNorm'],
  ];
  const names: Readonly<Record<string, string>> = {
    w: 'weight',
    b: 'bias',
    scale: 'weight',
    offset: 'bias',
    embeddings: 'weight',
  };
  const out: Record<string, Tensor> = {};
  for (const [module, bundle] of Object.entries(checkpoint)) {
    const [pattern, replacement] = parts.find(([candidate]) => candidate.test(module)) as [RegExp, string];
    for (const [name, value] of Object.entries(bundle)) {
      out[`${module.replace(pattern, replacement)}.${names[name]}`] =
        name === 'w' ? transpose(value) : value.clone();
    }
  }
  return { '': out };
}
