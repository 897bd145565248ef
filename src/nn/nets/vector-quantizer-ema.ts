import {
  add,
  div,
  matMul,
  mul,
  reshape,
  scalar,
  sum,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { varianceScaling } from '../../initializers/index.js';
import { layer } from '../../module/layer.js';
import { Module } from '../../module/module.js';
import { getState, setState } from '../../module/state.js';
import { ExponentialMovingAverage } from '../exponential-moving-average.js';
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
import { checkNumber } from '../option-checks.js';
import type { VectorQuantizerOptions } from './vector-quantizer.js';

/** Options of {@link VectorQuantizerEMA}. */
export interface VectorQuantizerEMAOptions extends VectorQuantizerOptions {
  /** Of the moving averages, in `[0, 1]`. */
  readonly decay: number;
  /** Keeps the size of unused embeddings from zero. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * A vector quantizer whose embeddings are moving averages of the vectors that they stand for (arXiv:1711.00937, appendix A.1), so that no
 * optimizer moves them: `loss = commitmentCost · mean((x − sg(q))²)`.
 *
 * State: `embeddings` `[embeddingDim, numEmbeddings]`, uniform at first, and {@link ExponentialMovingAverage} under `~/ema_cluster_size` and
 * `~/ema_dw`. Takes one random key when the embeddings are made.
 */
@layer('VectorQuantizerEMA', [], { epsilon: 1e-5 })
export class VectorQuantizerEMA extends Module {
  private readonly clusterSizes: ExponentialMovingAverage;
  private readonly sums: ExponentialMovingAverage;

  /** @throws `layer-options` for a decay outside of [0, 1] */
  constructor(private readonly options: VectorQuantizerEMAOptions) {
    super(options);
    checkQuantizer(this, options);
    const { decay } = options;
    checkNumber(this, 'decay', decay, { min: 0, max: 1 });
    this.clusterSizes = new ExponentialMovingAverage(decay, { name: 'ema_cluster_size' });
    this.sums = new ExponentialMovingAverage(decay, { name: 'ema_dw' });
  }

  /** The embeddings, as columns `[embeddingDim, numEmbeddings]`. */
  get embeddings(): Tensor2D {
    const { embeddingDim, numEmbeddings } = this.options;
    const init = varianceScaling({ distribution: 'uniform' });
    return getState<Tensor2D>('embeddings', [embeddingDim, numEmbeddings], { init });
  }

  /** Moving average of how many vectors each embedding stands for. */
  get emaClusterSize(): ExponentialMovingAverage {
    this.clusterSizes.initialize([this.options.numEmbeddings]);
    return this.clusterSizes;
  }

  /** Moving average of the sum of the vectors that each embedding stands for. */
  get emaDw(): ExponentialMovingAverage {
    this.sums.initialize([this.options.embeddingDim, this.options.numEmbeddings]);
    return this.sums;
  }

  /**
   * @param x vectors `[..., embeddingDim]`
   * @param isTraining moves the embeddings
   * @throws `input-rank`, `input-dtype`, `input-shape`
   */
  call(x: Tensor, isTraining: boolean): VectorQuantizerResult {
    const { embeddingDim, numEmbeddings, commitmentCost, epsilon = 1e-5 } = this.options;
    checkVectors(this, x, embeddingDim);
    const { flat, distances, encodings, encodingIndices } = nearest(x, this.embeddings);
    const quantized = this.quantize(encodingIndices);
    if (isTraining) {
      const sizes = this.emaClusterSize.call(sum<Tensor>(encodings, 0));
      const sums = this.emaDw.call(matMul<Tensor>(flat, encodings, true, false));
      const total = sum(sizes);
      const smoothed = mul(
        div(add(sizes, scalar(epsilon)), add(total, scalar(numEmbeddings * epsilon))),
        total,
      );
      setState('embeddings', div(sums, reshape(smoothed, [1, numEmbeddings])));
    }
    return {
      quantize: straightThrough(x, quantized),
      loss: mul(scalar(commitmentCost), latentLoss(x, quantized)),
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
