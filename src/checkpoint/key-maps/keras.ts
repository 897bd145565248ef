import { layerMap, type KeyMap, type LayerRule } from './key-map.js';
import {
  attentionByHeads,
  both,
  depthwise,
  embeddings,
  lstm,
  movingAverages,
  scaleAndOffset,
  turned,
  weightAndBias,
} from './rules.js';

/** Kinds of Keras layers whose arrays differ from Haiku's. */
export type KerasKind =
  | 'dense'
  | 'conv'
  | 'depthwiseConv'
  | 'convTranspose'
  | 'batchNorm'
  | 'batchNorm1d'
  | 'layerNorm'
  | 'embedding'
  | 'lstm'
  | 'attention';

/** By the name of a Keras layer, its kind and the name of the Haiku module that takes its place. */
export type KerasLayers = Readonly<Record<string, { readonly kind: KerasKind; readonly to: string }>>;

const norm = scaleAndOffset('gamma', 'beta');

const rules: Readonly<Record<KerasKind, LayerRule>> = {
  dense: weightAndBias('kernel', 'bias'),
  conv: weightAndBias('kernel', 'bias'),
  // Keras 3 calls the kernel like any other.
  depthwiseConv: (array, has) =>
    weightAndBias(has('kernel') ? 'kernel' : 'depthwise_kernel', 'bias', depthwise)(array, has),
  convTranspose: weightAndBias('kernel', 'bias', turned),
  batchNorm: both(scaleAndOffset('gamma', 'beta', 4), movingAverages('moving_mean', 'moving_variance', 4)),
  batchNorm1d: both(scaleAndOffset('gamma', 'beta', 2), movingAverages('moving_mean', 'moving_variance', 2)),
  layerNorm: norm,
  embedding: embeddings('embeddings'),
  attention: attentionByHeads('attention_output'),
  // Keras calls the candidate c: its order i, f, c, o is torch's i, f, g, o.
  lstm: (array, has) =>
    lstm(array('kernel'), array('recurrent_kernel'), has('bias') ? array('bias') : undefined),
};

/**
 * Names and layouts of Keras weights, as tfjs-layers names them (`dense_1/kernel`): `kernel` becomes `w`, a batch norm's moving averages
 * Haiku's state, an LSTM's two kernels one (Keras 3 keeps them below `lstm/lstm_cell`).
 */
export function fromKeras(layers: KerasLayers): KeyMap {
  return layerMap(
    '/',
    Object.fromEntries(
      Object.entries(layers).map(([from, { kind, to }]) => [from, { to, rule: rules[kind] }]),
    ),
  );
}
