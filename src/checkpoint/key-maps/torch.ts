import { split, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { layerMap, type KeyMap, type LayerRule } from './key-map.js';
import {
  both,
  channelsLast,
  embeddings,
  lstm,
  movingAverages,
  scaleAndOffset,
  sumOf,
  turned,
  weightAndBias,
} from './rules.js';

/** Kinds of torch layers whose arrays differ from Haiku's. */
export type TorchKind =
  | 'linear'
  | 'conv'
  | 'convTranspose'
  | 'batchNorm'
  | 'batchNorm1d'
  | 'layerNorm'
  | 'embedding'
  | 'lstm'
  | 'attention';

/** By the name of a torch module, its kind and the name of the Haiku module that takes its place. */
export type TorchLayers = Readonly<Record<string, { readonly kind: TorchKind; readonly to: string }>>;

const norm = scaleAndOffset('weight', 'bias');

/** A layer of `nn.LSTM`: gates i, f, g, o in rows, and two biases. */
const torchLstm: LayerRule = (array, has) => {
  const optional = (name: string): Tensor | undefined => (has(name) ? array(name) : undefined);
  const bias = sumOf(optional('bias_ih_l0'), optional('bias_hh_l0'));
  return lstm(transpose(array('weight_ih_l0')), transpose(array('weight_hh_l0')), bias);
};

/** The three projections of `nn.MultiheadAttention` are rows of one matrix. */
const attention: LayerRule = (array, has) => {
  const names = ['query', 'key', 'value'];
  const weights = split(array('in_proj_weight'), 3).map((w, i) => [`${names[i]}/w`, transpose(w)] as const);
  const biases = has('in_proj_bias')
    ? split(array('in_proj_bias'), 3).map((b, i) => [`${names[i]}/b`, b] as const)
    : [];
  return {
    ...Object.fromEntries([...weights, ...biases]),
    'linear/w': transpose(array('out_proj.weight')),
    ...(has('out_proj.bias') ? { 'linear/b': array('out_proj.bias') } : {}),
  };
};

const rules: Readonly<Record<TorchKind, LayerRule>> = {
  linear: weightAndBias('weight', 'bias', (w) => transpose(w)),
  conv: weightAndBias('weight', 'bias', channelsLast),
  // A transposed convolution has [in, out, …] where a convolution has [out, in, …].
  convTranspose: weightAndBias('weight', 'bias', (w) => turned(channelsLast(w))),
  batchNorm: both(scaleAndOffset('weight', 'bias', 4), movingAverages('running_mean', 'running_var', 4)),
  batchNorm1d: both(scaleAndOffset('weight', 'bias', 2), movingAverages('running_mean', 'running_var', 2)),
  layerNorm: norm,
  embedding: embeddings('weight'),
  lstm: torchLstm,
  attention,
};

/**
 * Names and layouts of a torch `state_dict`: `weight` `[out, in, …]` becomes `w` `[…, in, out]`, the running averages of a batch norm
 * Haiku's state, an LSTM's gates Haiku's order. `num_batches_tracked` is dropped.
 */
export function fromTorch(layers: TorchLayers): KeyMap {
  const targets = Object.fromEntries(
    Object.entries(layers).map(([from, { kind, to }]) => [from, { to, rule: rules[kind] }]),
  );
  const convert = layerMap('.', targets);
  return (arrays) => convert(new Map([...arrays].filter(([key]) => !key.endsWith('num_batches_tracked'))));
}
