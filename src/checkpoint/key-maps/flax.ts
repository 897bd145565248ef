import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { layerMap, type KeyMap, type LayerRule } from './key-map.js';
import {
  attentionByHeads,
  embeddings,
  lstm,
  movingAverages,
  scaleAndOffset,
  swapChannels,
  weightAndBias,
} from './rules.js';

/** Kinds of Flax linen modules whose arrays differ from Haiku's. */
export type FlaxKind =
  | 'dense'
  | 'conv'
  | 'depthwiseConv'
  | 'convTranspose'
  | 'batchNorm'
  | 'batchNorm1d'
  | 'layerNorm'
  | 'embed'
  | 'lstmCell'
  | 'attention';

/** By the path of a linen module, its kind and the name of the Haiku module that takes its place. */
export type FlaxLayers = Readonly<Record<string, { readonly kind: FlaxKind; readonly to: string }>>;

/** Four linear layers of the input and four of the hidden state; the biases belong to the latter. */
const lstmCell: LayerRule = (array, has) => {
  const gates = ['i', 'f', 'g', 'o'];
  const all = (prefix: string, name: string): Tensor =>
    concat(
      gates.map((gate) => array(`${prefix}${gate}/${name}`)),
      -1,
    );
  return lstm(all('i', 'kernel'), all('h', 'kernel'), has('hi/bias') ? all('h', 'bias') : undefined);
};

const rules: Readonly<Record<FlaxKind, LayerRule>> = {
  dense: weightAndBias('kernel', 'bias'),
  conv: weightAndBias('kernel', 'bias'),
  depthwiseConv: weightAndBias('kernel', 'bias'),
  convTranspose: weightAndBias('kernel', 'bias', swapChannels),
  batchNorm: scaleAndOffset('scale', 'bias', 4),
  batchNorm1d: scaleAndOffset('scale', 'bias', 2),
  layerNorm: scaleAndOffset('scale', 'bias'),
  embed: embeddings('embedding'),
  lstmCell,
  attention: attentionByHeads('out'),
};

/**
 * Names and layouts of Flax linen variables (`params/Dense_0/kernel`, `batch_stats/BatchNorm_0/mean`), nested or joined by `/`.
 */
export function fromFlax(layers: FlaxLayers): KeyMap {
  const targets = Object.fromEntries(
    Object.entries(layers).flatMap(([from, { kind, to }]) => {
      const parameters = [`params/${from}`, { to, rule: rules[kind] }] as const;
      if (kind !== 'batchNorm' && kind !== 'batchNorm1d') return [parameters];
      const averages = movingAverages('mean', 'var', kind === 'batchNorm' ? 4 : 2);
      return [parameters, [`batch_stats/${from}`, { to, rule: averages }] as const];
    }),
  );
  return layerMap('/', targets);
}
