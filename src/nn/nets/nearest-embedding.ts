import {
  add,
  argMin,
  exp,
  log,
  matMul,
  mean,
  mul,
  neg,
  reshape,
  scalar,
  square,
  sub,
  sum,
  transpose,
  type Rank,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { stopGradient } from '../../backend/ops/stop-gradient.js';
import { takeRows } from '../../backend/ops/take-rows.js';
import { oneHot } from '../functions/one-hot.js';
import { checkDtype, checkRank, wrongShape, type LayerName } from '../input-checks.js';
import { checkNumber, checkOptions, checkWhole } from '../option-checks.js';

/** What a vector quantizer returns. */
export interface VectorQuantizerResult {
  /** The nearest embeddings, of the shape of the input; its gradient passes straight to the input. */
  readonly quantize: Tensor;
  /** What to minimize: a scalar. */
  readonly loss: Tensor;
  /** How many embeddings are in use, about: `exp` of the entropy of their shares. */
  readonly perplexity: Tensor;
  /** One-hot rows `[vectors, numEmbeddings]`. */
  readonly encodings: Tensor2D;
  /** Numbers of the nearest embeddings, int32, of the shape of the input without its last axis. */
  readonly encodingIndices: Tensor;
  /** Squared distances `[vectors, numEmbeddings]`. */
  readonly distances: Tensor2D;
}

/** @throws `layer-options` */
export function checkQuantizer(
  layer: LayerName,
  options: Readonly<Record<'embeddingDim' | 'numEmbeddings' | 'commitmentCost', number>>,
): void {
  checkOptions(layer, options);
  checkWhole(layer, 'embeddingDim', options.embeddingDim, 1);
  checkWhole(layer, 'numEmbeddings', options.numEmbeddings, 1);
  checkNumber(layer, 'commitmentCost', options.commitmentCost, { min: 0, max: Number.MAX_VALUE });
}

/** @throws `input-rank`, `input-dtype`, `input-shape` */
export function checkVectors(layer: LayerName, x: Tensor, embeddingDim: number): void {
  checkRank(layer, x, { min: 1 }, `[..., ${embeddingDim}]`);
  checkDtype(layer, x, 'float32');
  if (x.shape[x.rank - 1] !== embeddingDim) {
    throw wrongShape(layer, x, `vectors [..., ${embeddingDim}] of the size of its embeddings`);
  }
}

/** The embeddings (columns of `[embeddingDim, numEmbeddings]`) of some numbers: `[...indices, embeddingDim]`. */
export function lookUp(embeddings: Tensor2D, indices: Tensor): Tensor {
  return takeRows(transpose(embeddings), indices);
}

/** Squared distances `|x|² − 2 x · e + |e|²` of all vectors to all embeddings, and which embedding is nearest. */
export function nearest(
  x: Tensor,
  embeddings: Tensor2D,
): Pick<VectorQuantizerResult, 'distances' | 'encodings' | 'encodingIndices'> & { flat: Tensor2D } {
  const [size, count] = embeddings.shape;
  const flat = reshape<Rank.R2>(x, [x.size / size, size]);
  const products = mul(scalar(2), matMul(flat, embeddings));
  const distances = add<Tensor2D>(
    sub(sum(square(flat), 1, true), products),
    sum(square(embeddings), 0, true),
  );
  const indices = argMin(distances, 1);
  return {
    flat,
    distances,
    encodings: oneHot(indices, count) as Tensor2D,
    encodingIndices: reshape(indices, x.shape.slice(0, -1)),
  };
}

/** Mean squared distance of `x` to `target`, which no gradient flows into. */
export function latentLoss(x: Tensor, target: Tensor): Tensor {
  return mean(square(sub(x, stopGradient(target))));
}

/** The values of `quantized`, with the gradient passed straight to `x`. */
export function straightThrough(x: Tensor, quantized: Tensor): Tensor {
  return add(x, stopGradient(sub(quantized, x)));
}

/** `exp` of the entropy of the shares of the embeddings. */
export function perplexityOf(encodings: Tensor2D): Tensor {
  const shares = mean(encodings, 0);
  return exp(neg(sum(mul(shares, log(add(shares, scalar(1e-10)))))));
}
