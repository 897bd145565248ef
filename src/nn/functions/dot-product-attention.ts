import {
  add,
  cast,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  matMul,
  mul,
  range,
  reshape,
  scalar,
  softmax,
  tidy,
  transpose,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { stopGradient } from '../../backend/ops/stop-gradient.js';
import { checkBroadcasts, checkDtype, checkRank, show, wrongShape } from '../input-checks.js';
import { checkOptions } from '../option-checks.js';
import { logsumexp } from './logsumexp.js';

/** Options of {@link dotProductAttention}. */
export interface DotProductAttentionOptions {
  /** Added to the logits; of a shape that broadcasts to `[batch, heads, T, S]`. */
  readonly bias?: Tensor;
  /** Bool, true where a query may look at a key; of a shape that broadcasts to `[batch, heads, T, S]`. */
  readonly mask?: Tensor;
  /** Factor of the logits. Default `1 / √headSize`. */
  readonly scale?: number;
  /** Lets each query look at keys up to its own place alone. Default `false`. */
  readonly isCausal?: boolean;
  /** int32 `[batch]`: queries from there on give zeros. */
  readonly querySeqLengths?: Tensor;
  /** int32 `[batch]`: keys from there on are not looked at. */
  readonly keyValueSeqLengths?: Tensor;
  /** How many places before and after its own a query may look at; one number for both. */
  readonly localWindowSize?: number | readonly [before: number, after: number];
  /** Returns the logarithm of the sum of the exponentials too, through which no gradient flows. Default `false`. */
  readonly returnResidual?: boolean;
}

/** Far below every logit, but finite: a row of nothing else becomes uniform instead of NaN. */
const MASKED = -0.7 * 3.4028234663852886e38;

const CALLER = 'hk.nn.dotProductAttention';

function withBatch(x: Tensor): Tensor {
  return x.rank >= 4 ? x : reshape(x, [...Array<number>(4 - x.rank).fill(1), ...x.shape]);
}

/** Where queries may look at keys, `[batch or 1, heads or 1, T, S]`; `null` for everywhere. */
function combinedMask(T: number, S: number, options: DotProductAttentionOptions): Tensor | null {
  const { mask, isCausal = false, localWindowSize, querySeqLengths, keyValueSeqLengths } = options;
  const queries = reshape(range(0, T, 1, 'int32'), [1, 1, T, 1]);
  const keys = reshape(range(0, S, 1, 'int32'), [1, 1, 1, S]);
  const lengths = (sizes: Tensor): Tensor => reshape(sizes, [-1, 1, 1, 1]);
  const masks: Tensor[] = [];
  if (mask !== undefined) masks.push(withBatch(mask));
  if (isCausal) masks.push(greaterEqual(queries, keys));
  if (localWindowSize !== undefined) {
    const [before, after] =
      typeof localWindowSize === 'number' ? [localWindowSize, localWindowSize] : localWindowSize;
    masks.push(lessEqual(queries, add(keys, scalar(before, 'int32'))));
    masks.push(greaterEqual(add(queries, scalar(after, 'int32')), keys));
  }
  if (querySeqLengths) masks.push(less(queries, lengths(querySeqLengths)));
  if (keyValueSeqLengths) masks.push(less(keys, lengths(keyValueSeqLengths)));
  return masks.length === 0 ? null : masks.reduce((a, b) => logicalAnd(a, b));
}

/** @throws `input-rank`; `input-dtype`; `input-shape`; `call-options` */
function check(query: Tensor, key: Tensor, value: Tensor, options: DotProductAttentionOptions): void {
  const { bias, mask, querySeqLengths, keyValueSeqLengths } = options;
  for (const x of [query, key, value]) {
    checkRank(CALLER, x, { min: 3, max: 4 }, '[batch, length, heads, headSize] or without batch');
    checkDtype(CALLER, x, 'float32');
  }
  const [batch, S, keyHeads, size] = withBatch(key).shape;
  const [queryBatch, T, heads, querySize] = withBatch(query).shape;
  if (String(key.shape) !== String(value.shape)) {
    throw wrongShape(CALLER, value, `the shape of the key, ${show(key)},`, 'its value');
  }
  if (batch !== queryBatch || size !== querySize) {
    throw wrongShape(CALLER, query, `the batch and head size of the key, ${show(key)},`, 'its query');
  }
  if (heads % keyHeads !== 0) {
    throw wrongShape(
      CALLER,
      query,
      `a multiple of the ${keyHeads} heads of the key, ${show(key)},`,
      'its query',
    );
  }
  if (bias) checkBroadcasts(CALLER, bias, [batch, heads, T, S], 'its bias');
  if (querySeqLengths) checkBroadcasts(CALLER, querySeqLengths, [batch], 'its querySeqLengths');
  if (keyValueSeqLengths) checkBroadcasts(CALLER, keyValueSeqLengths, [batch], 'its keyValueSeqLengths');
  if (mask) checkBroadcasts(CALLER, mask, [batch, heads, T, S], 'its mask');
  if (mask && mask.dtype !== 'bool') {
    throw new TankaError(
      'input-dtype',
      `${CALLER} needs a bool mask, but got ${show(mask)}. Give numbers to add to the logits as bias.`,
    );
  }
}

/**
 * Scaled dot-product attention: `softmax(scale · Q Kᵀ + bias) V` for each head
 * (Vaswani et al., "Attention is all you need", 2017). Key and value may have fewer heads, each shared by a group of the query's
 * (Ainslie et al., "GQA", 2023).
 *
 * @param query `[batch, T, heads, headSize]`, or without batch
 * @param key `[batch, S, keyHeads, headSize]`
 * @param value the shape of `key`
 * @returns the shape of `query`; with `returnResidual` also `[batch, T, heads]`
 * @throws `input-rank`; `input-dtype`; `input-shape`
 */
export function dotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: DotProductAttentionOptions & { readonly returnResidual: true },
): [Tensor, Tensor];
export function dotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options?: DotProductAttentionOptions & { readonly returnResidual?: false },
): Tensor;
export function dotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: DotProductAttentionOptions = {},
): Tensor | [Tensor, Tensor] {
  return tidy(() => {
    check(query, key, value, checkOptions(CALLER, options));
    const [batch, T, heads, size] = withBatch(query).shape;
    const [, S, keyHeads] = withBatch(key).shape;
    const { bias, scale = 1 / Math.sqrt(size), querySeqLengths, returnResidual = false } = options;
    const headsFirst = (x: Tensor): Tensor => transpose(withBatch(x), [0, 2, 1, 3]);

    // The queries of a group of heads stand below each other: one product for each head of the key.
    const grouped = [batch, keyHeads, (heads / keyHeads) * T];
    const products = matMul(reshape(headsFirst(query), [...grouped, size]), headsFirst(key), false, true);
    let logits: Tensor = mul(reshape(products, [batch, heads, T, S]), scale);
    if (bias !== undefined) logits = add(logits, withBatch(bias));
    const mask = combinedMask(T, S, options);
    if (mask !== null) logits = where(mask, logits, scalar(MASKED));

    const weights = reshape(softmax(logits), [...grouped, S]);
    const attended = reshape(matMul(weights, headsFirst(value)), [batch, heads, T, size]);
    let encoded = transpose(attended, [0, 2, 1, 3]);
    if (querySeqLengths) {
      const places = reshape(range(0, T, 1, 'int32'), [1, T, 1, 1]);
      encoded = mul(encoded, cast(less(places, reshape(querySeqLengths, [-1, 1, 1, 1])), 'float32'));
    }
    const output = reshape(encoded, query.shape);
    if (!returnResidual) return output;
    const residual = transpose(logsumexp(logits, { axis: -1 }), [0, 2, 1]);
    return [output, stopGradient(reshape(residual, query.shape.slice(0, -1)))];
  });
}
