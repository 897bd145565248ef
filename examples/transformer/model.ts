import {
  add,
  cast,
  equal,
  gather,
  lessEqual,
  matMul,
  mul,
  range,
  reshape,
  scalar,
  slice,
  sub,
  transpose,
  where,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { VOCABULARY_SIZE } from '../data/moby-dick.js';

export const MAX_LENGTH = 64;
const MODEL_SIZE = 96;
const NUM_HEADS = 4;
const NUM_LAYERS = 2;
const DROPOUT_RATE = 0.1;
const HEAD_SIZE = MODEL_SIZE / NUM_HEADS;

/** Where the one character is that a call gets, when earlier ones are in the cache: int32 `[1]`. */
type Position = Tensor1D | undefined;

/** Self attention to earlier places; with a position, keys and values of earlier calls come from the state. */
@hk.module()
class CausalSelfAttention extends hk.Module {
  /** @param x `[batch, length, MODEL_SIZE]` */
  call(x: Tensor, position?: Position): Tensor {
    const [batch, length] = x.shape;
    const heads = (name: string): Tensor => {
      const projected = new hk.Linear(MODEL_SIZE, { name }).call(x);
      return transpose(reshape(projected, [batch, length, NUM_HEADS, HEAD_SIZE]), [0, 2, 1, 3]);
    };
    const query = heads('query');
    const key = remember('key_cache', heads('key'), position);
    const value = remember('value_cache', heads('value'), position);

    const logits = mul(matMul(query, key, false, true), 1 / Math.sqrt(HEAD_SIZE)); // [B, H, T', T]
    const mask =
      position === undefined
        ? reshape(hk.causalMask(x), [1, 1, length, length])
        : reshape(lessEqual(range(0, MAX_LENGTH, 1, 'int32'), position), [1, 1, 1, MAX_LENGTH]);
    const weights = hk.nn.softmax(where(cast(mask, 'bool'), logits, scalar(-1e30)));
    const attended = transpose(matMul(weights, value), [0, 2, 1, 3]);
    return new hk.Linear(MODEL_SIZE).call(reshape(attended, [batch, length, MODEL_SIZE]));
  }
}

/** Puts `x` `[batch, heads, 1, size]` into a cache of all places at its position, and returns the cache. */
function remember(name: string, x: Tensor, position: Position): Tensor {
  if (position === undefined) return x;
  const shape = [x.shape[0], NUM_HEADS, MAX_LENGTH, HEAD_SIZE];
  const before = hk.getState(name, shape, { init: hk.initializers.constant(0) });
  const here = cast(equal(range(0, MAX_LENGTH, 1, 'int32'), position), 'float32');
  const at = reshape(here, [1, 1, MAX_LENGTH, 1]);
  const after = add(mul(before, sub(1, at)), mul(x, at));
  hk.setState(name, after);
  return after;
}

/** A causal language model of characters: logits of the character that follows each. */
@hk.module()
export class Transformer extends hk.Module {
  /** @param characters int32 `[batch, length]`, of length 1 with a position */
  call(characters: Tensor, isTraining: boolean, position?: Position): Tensor {
    const dropout = (x: Tensor): Tensor => (isTraining ? hk.dropout(hk.nextRngKey(), DROPOUT_RATE, x) : x);
    const normalize = (x: Tensor): Tensor =>
      new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true }).call(x);

    const init = hk.initializers.truncatedNormal({ stddev: 0.02 });
    const places = hk.getParameter('positions', [MAX_LENGTH, MODEL_SIZE], { init });
    const length = characters.shape[1] as number;
    const embed = new hk.Embed({ vocabSize: VOCABULARY_SIZE, embedDim: MODEL_SIZE, wInit: init });
    const placed = position === undefined ? slice(places, [0, 0], [length, -1]) : gather(places, position);
    let h = dropout(add(embed.call(characters), placed));
    for (let i = 0; i < NUM_LAYERS; i++) {
      h = add(h, dropout(new CausalSelfAttention().call(normalize(h), position)));
      const hidden = hk.nn.gelu(new hk.Linear(4 * MODEL_SIZE).call(normalize(h)));
      h = add(h, dropout(new hk.Linear(MODEL_SIZE).call(hidden)));
    }
    return new hk.Linear(VOCABULARY_SIZE).call(normalize(h));
  }
}
