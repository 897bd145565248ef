import { add, mul, scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { varianceScaling } from '../../initializers/index.js';
import { layer } from '../../module/layer.js';
import { Module, type ModuleOptions } from '../../module/module.js';
import { getParameter } from '../../module/parameters.js';
import {
  checkQuantizer,
  checkVectors,
  latentLoss,
  lookUp,
  nearest,
  perplexityOf,
  straightThrough,
  type VectorQuantizerResult,
} from './nearest-embedding.js';

/** Options of {@link VectorQuantizer}. */
export interface VectorQuantizerOptions extends ModuleOptions {
  /** Size of the vectors. */
  readonly embeddingDim: number;
  readonly numEmbeddings: number;
  /** Weight of the loss that keeps inputs near their embeddings (β of the paper). */
  readonly commitmentCost: number;
}

/**
 * Replaces each vector by the nearest of some learnt embeddings (VQ-VAE, arXiv:1711.00937):
 * `loss = mean((sg(x) − q)²) + commitmentCost · mean((x − sg(q))²)`, where no gradient flows through `sg`.
 *
 * Parameter: `embeddings` `[embeddingDim, numEmbeddings]`, uniform. Takes one random key when it is made.
 */
@layer('VectorQuantizer')
export class VectorQuantizer extends Module {
  constructor(private readonly options: VectorQuantizerOptions) {
    super(options);
    checkQuantizer(this, options);
  }

  /** The embeddings, as columns `[embeddingDim, numEmbeddings]`. */
  get embeddings(): Tensor2D {
    const { embeddingDim, numEmbeddings } = this.options;
    const init = varianceScaling({ distribution: 'uniform' });
    return getParameter('embeddings', [embeddingDim, numEmbeddings], { init }) as Tensor2D;
  }

  /**
   * @param x vectors `[..., embeddingDim]`
   * @param _isTraining makes no difference here
   * @throws `input-rank`, `input-dtype`, `input-shape`
   */
  call(x: Tensor, _isTraining: boolean): VectorQuantizerResult {
    checkVectors(this, x, this.options.embeddingDim);
    const { distances, encodings, encodingIndices } = nearest(x, this.embeddings);
    const quantized = this.quantize(encodingIndices);
    const commitment = mul(latentLoss(x, quantized), scalar(this.options.commitmentCost));
    return {
      quantize: straightThrough(x, quantized),
      loss: add(latentLoss(quantized, x), commitment),
      perplexity: perplexityOf(encodings),
      encodings,
      encodingIndices,
      distances,
    };
  }

  /**
   * @param encodingIndices int32 of any shape
   * @returns their embeddings `[...shape, embeddingDim]`
   */
  quantize(encodingIndices: Tensor): Tensor {
    return lookUp(this.embeddings, encodingIndices);
  }
}
