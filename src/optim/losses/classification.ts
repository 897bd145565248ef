import {
  add,
  cast,
  exp,
  greater,
  log,
  logSumExp,
  maximum,
  mul,
  neg,
  notEqual,
  oneHot,
  onesLike,
  pow,
  softplus,
  sub,
  sum,
  transpose,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { tidyOwned } from '../../tree/owned.js';

/** Options of losses that reduce an axis. */
export interface AxisOptions {
  /** Axis of the classes. Default: the last. */
  readonly axis?: number;
}

// TensorFlow.js's own operation keeps its argument where a scope around it would free it before the gradient is taken.
function logSigmoid(x: Tensor): Tensor {
  return neg(softplus(neg(x)));
}

function logSoftmaxAt(logits: Tensor, axis: number): Tensor {
  return sub(logits, logSumExp(logits, axis, true));
}

/**
 * Cross entropy of a softmax and a distribution of labels.
 *
 * @param logits `[..., classes]`
 * @param labels probabilities in the same shape
 * @returns `[...]`
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, { axis = -1 }: AxisOptions = {}): Tensor {
  return tidyOwned(() => neg(sum(mul(cast(labels, 'float32'), logSoftmaxAt(logits, axis)), axis)));
}

/** {@link softmaxCrossEntropy} in which a label of 0 hides an infinite logit. */
export function safeSoftmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return tidyOwned(() => {
    const logProbabilities = logSoftmaxAt(logits, -1);
    const needed = where(notEqual(labels, 0), logProbabilities, zerosLike(logProbabilities));
    return neg(sum(mul(labels, needed), -1));
  });
}

/**
 * Cross entropy of a softmax and the index of the right class.
 *
 * @param logits `[..., classes]`, or with the classes at another `axis`
 * @param labels int32, in the shape of the logits without that axis
 * @returns the shape of the labels
 */
export function softmaxCrossEntropyWithIntegerLabels(
  logits: Tensor,
  labels: Tensor,
  { axis = -1 }: AxisOptions = {},
): Tensor {
  if (labels.dtype !== 'int32') {
    throw new TankaError(
      'optim-argument-invalid',
      `softmaxCrossEntropyWithIntegerLabels takes int32 labels, but got ${labels.dtype}. Pass class indices (tf.cast(labels, 'int32')), or distributions to softmaxCrossEntropy.`,
    );
  }
  return tidyOwned(() => {
    const at = axis < 0 ? axis + logits.rank : axis;
    const others = [...logits.shape.keys()].filter((i) => i !== at);
    const last = at === logits.rank - 1 ? logits : transpose(logits, [...others, at]);
    const classes = last.shape[last.rank - 1];
    const right = cast(oneHot(labels, classes), 'bool');
    const rightLogit = sum(where(right, last, zerosLike(last)), -1);
    return sub(logSumExp(last, -1), rightLogit);
  });
}

/**
 * Cross entropy of a sigmoid and probabilities, element by element.
 *
 * @param logits any shape
 * @param labels probabilities in the same shape
 */
export function sigmoidBinaryCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return tidyOwned(() => {
    const targets = cast(labels, 'float32');
    return neg(add(mul(targets, logSigmoid(logits)), mul(sub(1, targets), logSigmoid(neg(logits)))));
  });
}

/** Options of {@link sigmoidFocalLoss}. */
export interface SigmoidFocalLossOptions {
  /** Weight of positive labels, `1 - alpha` of negative ones. Default: none. */
  readonly alpha?: number;
  /** Power by which easy examples are made light. Default 2. */
  readonly gamma?: number;
}

/** Cross entropy that weighs hard examples more (Lin et al., 2018). */
export function sigmoidFocalLoss(
  logits: Tensor,
  labels: Tensor,
  { alpha, gamma = 2 }: SigmoidFocalLossOptions = {},
): Tensor {
  return tidyOwned(() => {
    const targets = cast(labels, 'float32');
    const probability = exp(logSigmoid(logits));
    const wrong = add(mul(sub(1, targets), probability), mul(targets, exp(logSigmoid(neg(logits)))));
    const loss = mul(sigmoidBinaryCrossEntropy(logits, targets), pow(wrong, gamma));
    if (alpha === undefined) return loss;
    return mul(loss, add(mul(targets, alpha), mul(sub(1, targets), 1 - alpha)));
  });
}

/** `max(0, 1 - x · y)` for labels of -1 and 1. */
export function hingeLoss(predictorOutputs: Tensor, targets: Tensor): Tensor {
  return tidyOwned(() => maximum(0, sub(1, mul(predictorOutputs, targets))));
}

/** `max(0, -x · y)` for labels of -1 and 1. */
export function perceptronLoss(predictorOutputs: Tensor, targets: Tensor): Tensor {
  return tidyOwned(() => maximum(0, neg(mul(predictorOutputs, targets))));
}

/**
 * Relative entropy of `targets` with respect to predictions: `Σ t (log t - log p)`.
 *
 * @param logPredictions logarithms of probabilities
 * @param targets probabilities in the same shape
 */
export function klDivergence(
  logPredictions: Tensor,
  targets: Tensor,
  { axis = -1 }: AxisOptions = {},
): Tensor {
  return tidyOwned(() => {
    const positive = greater(targets, 0);
    // The logarithm of 1 where there is none to take, so that no infinity meets a zero.
    const logTargets = log(where(positive, targets, onesLike(targets)));
    return sum(mul(targets, sub(logTargets, logPredictions)), axis);
  });
}

/** {@link klDivergence} with the logarithms of the targets. */
export function klDivergenceWithLogTargets(
  logPredictions: Tensor,
  logTargets: Tensor,
  { axis = -1 }: AxisOptions = {},
): Tensor {
  return tidyOwned(() => sum(mul(exp(logTargets), sub(logTargets, logPredictions)), axis));
}

/** Options of {@link polyLossCrossEntropy}. */
export interface PolyLossOptions extends AxisOptions {
  /** Coefficient of the first polynomial term. Default 2. */
  readonly epsilon?: number;
}

/** Cross entropy plus `epsilon (1 - p)` (Leng et al., 2022). */
export function polyLossCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { epsilon = 2, axis = -1 }: PolyLossOptions = {},
): Tensor {
  return tidyOwned(() => {
    const missing = sub(1, exp(logSoftmaxAt(logits, axis)));
    return add(softmaxCrossEntropy(logits, labels, { axis }), mul(sum(mul(labels, missing), axis), epsilon));
  });
}

/** Mixes labels with the uniform distribution: `(1 - alpha) y + alpha / classes`. */
export function smoothLabels(labels: Tensor, alpha: number, { axis = -1 }: AxisOptions = {}): Tensor {
  return tidyOwned(() => {
    const classes = labels.shape[axis < 0 ? axis + labels.rank : axis];
    return add(mul(labels, 1 - alpha), alpha / classes);
  });
}
