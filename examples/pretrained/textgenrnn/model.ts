/** textgenrnn: a character model of two LSTMs and attention over what was read. */
import {
  add,
  concat,
  div,
  exp,
  max,
  mul,
  reshape,
  sub,
  sum,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

/** Characters that the model sees. */
export const CONTEXT = 40;
/** Characters that it knows; 0 stands for none. */
export const VOCABULARY = 465;

const EMBEDDING = 100;
const HIDDEN = 128;

/** The average over time, each time weighted by what one vector says of it. */
@hk.module('attention')
export class Attention extends hk.Module {
  /** @param x `[B, T, C]`, @returns `[B, C]` */
  call(x: Tensor3D): Tensor2D {
    const w = hk.getParameter('w', [x.shape[2], 1], { init: hk.initializers.truncatedNormal() });
    const scores = sum(mul(x, reshape(w, [1, 1, -1])), 2, true);
    const weights = exp(sub(scores, max(scores, 1, true)));
    return sum(mul(x, div(weights, add(sum(weights, 1, true), 1e-7))), 1);
  }
}

/** The network. */
@hk.module('textgenrnn')
export class TextGenRnn extends hk.Module {
  /**
   * @param ids of the last 40 characters, int32 `[B, 40]`
   * @returns probabilities of the next one `[B, 465]`
   */
  call(ids: Tensor2D): Tensor2D {
    const [batch] = ids.shape;
    const embed = new hk.Embed({ vocabSize: VOCABULARY, embedDim: EMBEDDING, name: 'embed' });
    const embedded = embed.call(ids) as Tensor3D;
    const unroll = (x: Tensor3D, name: string): Tensor3D => {
      const core = new hk.LSTM(HIDDEN, { name });
      return hk.dynamicUnroll(core, x, core.initialState(batch), { timeMajor: false })[0] as Tensor3D;
    };
    const first = unroll(embedded, 'rnn_1');
    const second = unroll(first, 'rnn_2');
    const seen = new Attention().call(concat([embedded, first, second], 2));
    return hk.nn.softmax(new hk.Linear(VOCABULARY, { name: 'output' }).call(seen)) as Tensor2D;
  }
}

/** `apply(params, ids)` → probabilities. */
export const textGenRnn = hk.withoutApplyRng(hk.transform((ids: Tensor2D) => new TextGenRnn().call(ids)));
