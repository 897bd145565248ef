import {
  cast,
  div,
  greaterEqual,
  matMul,
  range,
  reshape,
  scalar,
  softmax,
  tidy,
  transpose,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { varianceScaling } from '../initializers/variance-scaling.js';
import { transparent } from '../module/decorators.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import type { Initializer } from '../module/parameters.js';
import { nextRngKey } from '../module/rng.js';
import type { PRNGKey } from '../random/key.js';
import { dropoutOf } from './dropout.js';
import { checkBroadcasts, checkRank, checkTensor, show, wrongShape, nameOf } from './input-checks.js';
import { checkOptions, checkWhole } from './option-checks.js';
import { Linear } from './linear.js';

/** Options of {@link MultiHeadAttention}. */
export interface MultiHeadAttentionOptions extends ModuleOptions {
  /** Of each projection's `w`; this or `wInitScale` must be given. */
  readonly wInit?: Initializer;
  /** Variance scaling of this scale as `wInit`. Deprecated in Haiku. */
  readonly wInitScale?: number;
  /** Adds a bias in each projection. Default `true`. */
  readonly withBias?: boolean;
  /** Of each projection's `b`. Default: zeros. */
  readonly bInit?: Initializer;
  /** Size of the values of one head. Default: `keySize`. */
  readonly valueSize?: number;
  /** Size of the output. Default: `keySize · numHeads`. */
  readonly modelSize?: number;
}

/** Options of {@link MultiHeadAttention.call}, beyond Haiku. */
export interface AttentionCallOptions {
  /** Share of the attention weights that are dropped, in `[0, 1)`. Default `0`. */
  readonly dropoutRate?: number;
  /** Where the dropout is drawn from. Default: the next key, taken only when the rate is not 0. */
  readonly rng?: PRNGKey;
  /** Returns `[output, weights]`, the weights `[..., numHeads, T', T]` as they are before the dropout. Default `false`. */
  readonly returnWeights?: boolean;
}

/** What stands for the logits where the mask is false, as in Haiku. */
const MASKED = -1e30;

/**
 * Multi-head attention: `softmax(Q Kᵀ / √keySize) V` for each head, projected
 * (Vaswani et al., "Attention is all you need", 2017).
 *
 * Submodules `query`, `key`, `value` and `linear`, each a {@link Linear}. Takes one random key for each when it is made.
 */
@layer('MultiHeadAttention', ['numHeads', 'keySize'], { withBias: true })
export class MultiHeadAttention extends Module {
  readonly valueSize: number;
  readonly modelSize: number;
  private readonly projectionOptions: Pick<MultiHeadAttentionOptions, 'wInit' | 'withBias' | 'bInit'>;

  /** @throws `layer-options` unless exactly one of `wInit` and `wInitScale` is given */
  constructor(
    readonly numHeads: number,
    readonly keySize: number,
    options: MultiHeadAttentionOptions,
  ) {
    super(options);
    const { wInit, wInitScale, withBias, bInit, valueSize, modelSize } = options ?? {};
    if ((wInit === undefined) === (wInitScale === undefined)) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} needs one of wInit and wInitScale, but got ${wInit === undefined ? 'none' : 'both'}. ` +
          'Pass { wInit: hk.initializers.varianceScaling({ scale: 2 }) }.',
      );
    }
    this.valueSize = valueSize ?? keySize;
    this.modelSize = modelSize ?? keySize * numHeads;
    for (const what of ['numHeads', 'keySize', 'valueSize', 'modelSize'] as const)
      checkWhole(this, what, this[what], 1);
    this.projectionOptions = {
      wInit: wInit ?? varianceScaling({ scale: wInitScale as number }),
      withBias,
      bInit,
    };
  }

  /**
   * @param query `[..., T', queryFeatures]`
   * @param key `[..., T, keyFeatures]`
   * @param value `[..., T, valueFeatures]`
   * @param mask true where a query may look at a key; of a shape that broadcasts to `[..., numHeads, T', T]`, and of its rank
   * @returns `[..., T', modelSize]`
   * @throws `input-rank` for a mask of another rank and for inputs below rank 2; `input-shape` for lengths and leading dimensions
   *   that do not go together, and for a mask that does not broadcast; `input-dtype`
   */
  call(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | null | undefined,
    options: AttentionCallOptions & { readonly returnWeights: true },
  ): [output: Tensor, weights: Tensor];
  call(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask?: Tensor | null,
    options?: AttentionCallOptions & { readonly returnWeights?: false },
  ): Tensor;
  call(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | null = null,
    options: AttentionCallOptions = {},
  ): Tensor | [output: Tensor, weights: Tensor] {
    const { dropoutRate = 0, rng, returnWeights = false } = checkOptions(this, options);
    this.#checkInputs(query, key, value);
    const queryHeads = this.heads(query, this.keySize, 'query'); // [..., H, T', K]
    const keyHeads = this.heads(key, this.keySize, 'key'); // [..., H, T, K]
    const valueHeads = this.heads(value, this.valueSize, 'value'); // [..., H, T, V]

    let logits: Tensor = div(matMul(queryHeads, keyHeads, false, true), Math.sqrt(this.keySize)); // [..., H, T', T]
    if (mask !== null) {
      this.#checkMask(mask, logits);
      logits = where(cast(mask, 'bool'), logits, scalar(MASKED));
    }
    const weights = softmax(logits);
    const kept = dropoutRate === 0 ? weights : dropoutOf(this, rng ?? nextRngKey(), dropoutRate, weights);

    const attended = swapHeadsAndLength(matMul(kept, valueHeads)); // [..., T', H, V]
    const joined = reshape(attended, [...query.shape.slice(0, -1), this.numHeads * this.valueSize]);
    const output = new Linear(this.modelSize, this.projectionOptions).call(joined);
    return returnWeights ? [output, weights] : output;
  }

  /** A projection of `[..., length, features]`, as `[..., heads, length, size]`. */
  @transparent
  private heads(x: Tensor, size: number, name: string): Tensor {
    const y = new Linear(this.numHeads * size, { ...this.projectionOptions, name }).call(x);
    return swapHeadsAndLength(reshape(y, [...x.shape.slice(0, -1), this.numHeads, size]));
  }

  #checkInputs(query: Tensor, key: Tensor, value: Tensor): void {
    for (const x of [query, key, value]) checkRank(this, x, { min: 2 }, '[..., length, features]');
    const leading = (x: Tensor): string => String(x.shape.slice(0, -2));
    if (leading(query) !== leading(key)) {
      throw wrongShape(this, query, `the leading dimensions of its key, ${show(key)},`, 'its query');
    }
    if (String(key.shape.slice(0, -1)) !== String(value.shape.slice(0, -1))) {
      throw wrongShape(this, value, `as many vectors as its key, ${show(key)},`, 'its value');
    }
  }

  #checkMask(mask: Tensor, logits: Tensor): void {
    checkTensor(this, mask, 'its mask');
    if (mask.rank === logits.rank) {
      checkBroadcasts(this, mask, logits.shape, 'its mask');
      return;
    }
    throw new TankaError(
      'input-rank',
      `${nameOf(this)} needs a mask of rank ${logits.rank}, to broadcast to its logits ${show(logits)}, but got ${show(mask)}. ` +
        'Add dimensions of size 1 in front.',
    );
  }
}

function swapHeadsAndLength(x: Tensor): Tensor {
  const { rank } = x;
  return transpose(x, [...Array(rank - 3).keys(), rank - 2, rank - 3, rank - 1]);
}

/**
 * A mask for {@link MultiHeadAttention} that lets each query look at keys up to its own place alone.
 *
 * @param query `[..., T', features]`
 * @param key `[..., T, features]`. Default: the query.
 * @returns bool `[1, ..., 1, T', T]`, of the rank of the attention's logits
 * @throws `input-rank` below rank 2
 */
export function causalMask(query: Tensor, key: Tensor = query): Tensor {
  return tidy(() => {
    for (const x of [query, key]) checkRank('hk.causalMask', x, { min: 2 }, '[..., length, features]');
    const length = (x: Tensor): number => x.shape[x.rank - 2];
    const places = (size: number): Tensor => range(0, size, 1, 'int32');
    const ones = Array<number>(query.rank - 1).fill(1);
    return greaterEqual(
      reshape(places(length(query)), [...ones, length(query), 1]),
      reshape(places(length(key)), [...ones, 1, length(key)]),
    );
  });
}
