import { tensor, Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { dot } from '../backend/ops/dot.js';
import { takeRows } from '../backend/ops/take-rows.js';
import { TankaError } from '../errors/tanka-error.js';
import { truncatedNormal } from '../initializers/truncated-normal.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getParameter, type Initializer } from '../module/parameters.js';
import { oneHot } from './functions/one-hot.js';
import { checkDtype, nameOf } from './input-checks.js';
import { checkOptions, checkWhole } from './option-checks.js';

/** The two ways of {@link Embed} to look embeddings up. */
export const EmbedLookupStyle = {
  /** Picks rows: ids below 0 count from the end, ids out of range give the nearest row, and it no gradient. */
  ARRAY_INDEX: 'ARRAY_INDEX',
  /** Multiplies one-hot vectors by the matrix: ids out of range give zeros. */
  ONE_HOT: 'ONE_HOT',
} as const;

/** A way of {@link Embed} to look embeddings up. */
export type EmbedLookupStyle = keyof typeof EmbedLookupStyle;

/** Options of {@link Embed}. */
export interface EmbedOptions extends ModuleOptions {
  /** How many ids there are. Default: the rows of `embeddingMatrix`. */
  readonly vocabSize?: number;
  /** Size of an embedding. Default: the columns of `embeddingMatrix`. */
  readonly embedDim?: number;
  /** First value of the embeddings, `[vocabSize, embedDim]`. */
  readonly embeddingMatrix?: Tensor | readonly (readonly number[])[];
  /** Of the embeddings, without `embeddingMatrix`. Default: truncated normal of standard deviation 1. */
  readonly wInit?: Initializer;
  /** Default `ARRAY_INDEX`. */
  readonly lookupStyle?: EmbedLookupStyle;
}

/**
 * Turns ids into vectors: row `id` of a matrix.
 *
 * Parameter: `embeddings` float32 `[vocabSize, embedDim]`. Takes one random key when it is made.
 */
@layer('Embed', [], { lookupStyle: 'ARRAY_INDEX' })
export class Embed extends Module {
  readonly vocabSize: number;
  readonly embedDim: number;
  readonly lookupStyle: EmbedLookupStyle;
  private readonly init: Initializer;

  /** @throws `layer-options` without sizes, for sizes that are not those of the matrix, and for another lookup style */
  constructor(options: EmbedOptions) {
    super(options);
    checkOptions(this, options);
    const { embeddingMatrix, lookupStyle = 'ARRAY_INDEX', wInit = truncatedNormal() } = options;
    const given = embeddingMatrix === undefined ? undefined : shapeOf(embeddingMatrix);
    const vocabSize = options.vocabSize ?? given?.[0];
    const embedDim = options.embedDim ?? given?.[1];
    if (!vocabSize || !embedDim) {
      throw this.#refusal(`vocabSize: ${String(vocabSize)} and embedDim: ${String(embedDim)}`);
    }
    if (given !== undefined && (given.length !== 2 || vocabSize !== given[0] || embedDim !== given[1])) {
      throw this.#refusal(
        `vocabSize: ${vocabSize} and embedDim: ${embedDim} with an embeddingMatrix of shape [${given.join(', ')}]`,
      );
    }
    checkWhole(this, 'vocabSize', vocabSize, 1);
    checkWhole(this, 'embedDim', embedDim, 1);
    if (embeddingMatrix instanceof Tensor)
      checkDtype(this, embeddingMatrix, 'float32', 'its embeddingMatrix');
    this.vocabSize = vocabSize;
    this.embedDim = embedDim;
    this.lookupStyle = lookupStyle;
    this.init =
      embeddingMatrix === undefined
        ? wInit
        : () => (embeddingMatrix instanceof Tensor ? embeddingMatrix : tensor(embeddingMatrix as number[][]));
  }

  /** The matrix of embeddings `[vocabSize, embedDim]`. */
  get embeddings(): Tensor2D {
    const shape = [this.vocabSize, this.embedDim];
    return getParameter('embeddings', shape, { init: this.init }) as Tensor2D;
  }

  /**
   * @param ids int32 `[...shape]`
   * @returns `[...shape, embedDim]`
   * @throws `input-dtype` for other than int32; `call-options` for another lookup style
   */
  call(ids: Tensor, options: Pick<EmbedOptions, 'lookupStyle'> = {}): Tensor {
    const { lookupStyle = this.lookupStyle } = checkOptions(this, options);
    checkDtype(this, ids, 'int32');
    switch (lookupStyle) {
      case 'ARRAY_INDEX':
        return takeRows(this.embeddings, ids);
      case 'ONE_HOT':
        return dot(oneHot(ids, this.vocabSize), this.embeddings);
      default:
        throw new TankaError(
          'call-options',
          `${nameOf(this)} got the lookup style ${String(lookupStyle)}. Use 'ARRAY_INDEX' or 'ONE_HOT'.`,
        );
    }
  }

  #refusal(got: string): TankaError {
    return new TankaError(
      'layer-options',
      `${nameOf(this)} got ${got}. Pass vocabSize and embedDim, or an embeddingMatrix of shape [vocabSize, embedDim].`,
    );
  }
}

function shapeOf(matrix: Tensor | readonly (readonly number[])[]): number[] {
  return matrix instanceof Tensor ? matrix.shape : [matrix.length, matrix[0]?.length ?? 0];
}
