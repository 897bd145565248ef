import { layerMap, type KeyMap, type LayerRule } from './key-map.js';
import { both, depthwise, embeddings, lstm, movingAverages, scaleAndOffset, weightAndBias } from './rules.js';

/** Kinds of Keras layers whose arrays differ from Haiku's. */
export type KerasKind =
  'dense' | 'conv' | 'depthwiseConv' | 'batchNorm' | 'batchNorm1d' | 'layerNorm' | 'embedding' | 'lstm';

/** By the name of a Keras layer, its kind and the name of the Haiku module that takes its place. */
export type KerasLayers = Readonly<Record<string, { readonly kind: KerasKind; readonly to: string }>>;

const norm = scaleAndOffset('gamma', 'beta');

const rules: Readonly<Record<KerasKind, LayerRule>> = {
  dense: weightAndBias('kernel', 'bias'),
  conv: weightAndBias('kernel', 'bias'),
  depthwiseConv: weightAndBias('depthwise_kernel', 'bias', depthwise),
  batchNorm: both(scaleAndOffset('gamma', 'beta', 4), movingAverages('moving_mean', 'moving_variance', 4)),
  batchNorm1d: both(scaleAndOffset('gamma', 'beta', 2), movingAverages('moving_mean', 'moving_variance', 2)),
  layerNorm: norm,
  embedding: embeddings('embeddings'),
  // Keras calls the candidate c: its order i, f, c, o is torch's i, f, g, o.
  lstm: (array, has) =>
    lstm(array('kernel'), array('recurrent_kernel'), has('bias') ? array('bias') : undefined),
};

/**
 * Names and layouts of Keras weights, as tfjs-layers names them (`dense_1/kernel`): `kernel` becomes `w`, a batch norm's moving averages
 * Haiku's state, an LSTM's two kernels one.
 */
export function fromKeras(layers: KerasLayers): KeyMap {
  return layerMap(
    '/',
    Object.fromEntries(
      Object.entries(layers).map(([from, { kind, to }]) => [from, { to, rule: rules[kind] }]),
    ),
  );
}
