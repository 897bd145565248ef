/** The sentence encoder all-MiniLM-L6-v2: a BERT of six layers whose token vectors are averaged. */
import {
  add,
  cast,
  div,
  expandDims,
  maximum,
  mul,
  norm,
  range,
  reshape,
  sum,
  zerosLike,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

const WIDTH = 384;
const HEADS = 12;
const LAYERS = 6;
const INNER = 4 * WIDTH;

/** Sizes in which files of the model differ. */
export interface MiniLMOptions extends hk.ModuleOptions {
  /** Rows of the word table. */
  readonly vocabSize: number;
  /** Rows of the position table: the longest text in tokens. */
  readonly positions: number;
}

function layerNorm(x: Tensor, name: string): Tensor {
  return new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true, eps: 1e-12, name }).call(x);
}

/** Attention, then two linear layers; the norms come after the sums, as in the first transformers. */
@hk.module('layer')
class Layer extends hk.Module {
  /** @param x `[B, T, 384]`, @param mask `[B, 1, 1, T]` */
  call(x: Tensor, mask: Tensor): Tensor {
    const attention = new hk.MultiHeadAttention(HEADS, WIDTH / HEADS, {
      wInit: hk.initializers.truncatedNormal({ stddev: 0.02 }),
      name: 'attention',
    });
    const attended = layerNorm(add(x, attention.call(x, x, x, mask)), 'attention_ln');
    const inner = hk.nn.gelu(new hk.Linear(INNER, { name: 'mlp_in' }).call(attended), { approximate: false });
    return layerNorm(add(attended, new hk.Linear(WIDTH, { name: 'mlp_out' }).call(inner)), 'mlp_ln');
  }
}

/** The encoder. */
@hk.module('minilm')
export class MiniLM extends hk.Module {
  constructor(private readonly options: MiniLMOptions) {
    super(options);
  }

  /**
   * @param ids of tokens, int32 `[B, T]`
   * @param mask int32 `[B, T]`: 1 for tokens, 0 for what fills up shorter texts
   * @returns a vector of length 1 for each text `[B, 384]`: cosines are their dot products
   */
  call(ids: Tensor2D, mask: Tensor2D): Tensor2D {
    const { vocabSize, positions } = this.options;
    const embed = (name: string, rows: number): hk.Embed =>
      new hk.Embed({ vocabSize: rows, embedDim: WIDTH, name });
    const words = embed('word_embed', vocabSize).call(ids);
    const places = embed('position_embed', positions).call(range(0, ids.shape[1], 1, 'int32'));
    const types = embed('token_type_embed', 2).call(zerosLike(ids));
    let x = layerNorm(add(add(words, places), types), 'embed_ln');

    const [batch, length] = mask.shape;
    const seen = reshape(mask, [batch, 1, 1, length]);
    for (let i = 0; i < LAYERS; i++) x = new Layer({ name: `layer_${i}` }).call(x, seen);

    const weights = expandDims(cast(mask, 'float32'), 2);
    const mean = div(sum(mul(x, weights), 1), sum(weights, 1));
    return div(mean, maximum(norm(mean, 2, 1, true), 1e-12));
  }
}

/** `apply(params, ids, mask)` of an encoder with such tables. */
export function miniLM(options: MiniLMOptions) {
  return hk.withoutApplyRng(
    hk.transform((ids: Tensor2D, mask: Tensor2D) => new MiniLM(options).call(ids, mask)),
  );
}
