import { concat, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { layerMap, type KeyMap, type LayerRule } from './key-map.js';
import { embeddings, lstm, movingAverages, scaleAndOffset, weightAndBias } from './rules.js';

/** Kinds of Flax linen modules whose arrays differ from Haiku's. */
export type FlaxKind =
  | 'dense'
  | 'conv'
  | 'depthwiseConv'
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

/** Heads have axes of their own in linen, and share one in Haiku. */
const attention: LayerRule = (array, has) => {
  const entries: [string, Tensor][] = [];
  for (const name of ['query', 'key', 'value']) {
    const kernel = array(`${name}/kernel`);
    entries.push([`${name}/w`, reshape(kernel, [kernel.shape[0], -1])]);
    if (has(`${name}/bias`)) entries.push([`${name}/b`, reshape(array(`${name}/bias`), [-1])]);
  }
  const out = array('out/kernel');
  entries.push(['linear/w', reshape(out, [-1, out.shape[out.rank - 1]])]);
  if (has('out/bias')) entries.push(['linear/b', array('out/bias')]);
  return Object.fromEntries(entries);
};

const rules: Readonly<Record<FlaxKind, LayerRule>> = {
  dense: weightAndBias('kernel', 'bias'),
  conv: weightAndBias('kernel', 'bias'),
  depthwiseConv: weightAndBias('kernel', 'bias'),
  batchNorm: scaleAndOffset('scale', 'bias', 4),
  batchNorm1d: scaleAndOffset('scale', 'bias', 2),
  layerNorm: scaleAndOffset('scale', 'bias'),
  embed: embeddings('embedding'),
  lstmCell,
  attention,
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
