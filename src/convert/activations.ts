import {
  add,
  clipByValue,
  div,
  elu,
  logSoftmax,
  mul,
  relu,
  relu6,
  selu,
  sigmoid,
  softmax,
  softplus,
  tanh,
  abs,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { gelu } from '../nn/functions/gelu.js';
import type { LayerConfig } from './layer-config.js';

/** A function that is applied element by element, or along the last axis. */
export type Activation = (x: Tensor) => Tensor;

/** Keras' hard sigmoid: `0.2 x + 0.5` between 0 and 1. JAX's has another slope. */
const hardSigmoid: Activation = (x) => clipByValue(add(mul(x, 0.2), 0.5), 0, 1);

const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu,
  relu6,
  elu,
  selu,
  sigmoid,
  hard_sigmoid: hardSigmoid,
  softmax: (x) => softmax(x),
  log_softmax: (x) => logSoftmax(x),
  softplus,
  softsign: (x) => div(x, add(abs(x), 1)),
  tanh,
  swish: (x) => mul(x, sigmoid(x)),
  silu: (x) => mul(x, sigmoid(x)),
  mish: (x) => mul(x, tanh(softplus(x))),
  gelu: (x) => gelu(x, { approximate: false }),
  gelu_new: (x) => gelu(x),
};

/** The activation that a layer's configuration names under a key. */
export function activationOf(config: LayerConfig, key = 'activation', fallback = 'linear'): Activation {
  const name = config.text(key, fallback);
  if (!Object.hasOwn(activations, name)) throw config.unsupported(`its ${key} is '${name}'`);
  return activations[name];
}
