import {
  add,
  concat,
  ones,
  reshape,
  reverse,
  scalar,
  split,
  sub,
  transpose,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { LayerRule } from './key-map.js';

/** A state that has converged: Haiku's averages are then equal to their hidden values. */
const CONVERGED = 1_000_000;

/** `w` (converted) and, if there is one, `b`. */
export function weightAndBias(
  weight: string,
  bias: string,
  convert: (w: Tensor) => Tensor = (w) => w,
): LayerRule {
  return (array, has) => ({ w: convert(array(weight)), ...(has(bias) ? { b: array(bias) } : {}) });
}

/** A vector of channels in the shape `[1, …, 1, channels]` that Haiku's batch norm keeps. */
function wide(values: Tensor, rank: number): Tensor {
  return reshape(values, [...new Array<number>(rank - 1).fill(1), values.size]);
}

/** `scale` and `offset`, those of them that there are, in a shape of `rank` axes. */
export function scaleAndOffset(scale: string, offset: string, rank = 1): LayerRule {
  return (array, has) => ({
    ...(has(scale) ? { scale: wide(array(scale), rank) } : {}),
    ...(has(offset) ? { offset: wide(array(offset), rank) } : {}),
  });
}

/** One array under the name `embeddings`. */
export function embeddings(name: string): LayerRule {
  return (array) => ({ embeddings: array(name) });
}

/**
 * The moving averages of a batch norm as Haiku's state, `mean_ema` and `var_ema` below the module's `~`.
 */
export function movingAverages(mean: string, variance: string, rank: number): LayerRule {
  return (array) => {
    const state = (name: string): Record<string, Tensor> => {
      const values = array(name);
      return {
        average: wide(values, rank),
        hidden: wide(values, rank),
        counter: scalar(CONVERGED, 'int32'),
      };
    };
    const entries = (name: string, values: Record<string, Tensor>): [string, Tensor][] =>
      Object.entries(values).map(([key, value]) => [`~/${name}/${key}`, value]);
    return Object.fromEntries([...entries('mean_ema', state(mean)), ...entries('var_ema', state(variance))]);
  };
}

/** Both rules for one layer. */
export function both(first: LayerRule, second: LayerRule): LayerRule {
  return (array, has) => ({ ...first(array, has), ...second(array, has) });
}

/** Gates in blocks of the last axis, given in the order i, f, g, o, in Haiku's order i, g, f, o. */
function haikuGates(x: Tensor): Tensor {
  const [i, f, g, o] = split(x, 4, -1);
  return concat([i, g, f, o], -1);
}

/**
 * Haiku's LSTM is one linear layer, below the module, of input and hidden state together, and adds 1 to the forget gate.
 *
 * @param input `[input, 4 · hidden]`, @param hidden `[hidden, 4 · hidden]`, @param bias `[4 · hidden]`, gates in the order i, f, g, o
 */
export function lstm(input: Tensor, hidden: Tensor, bias: Tensor | undefined): Record<string, Tensor> {
  const size = hidden.shape[0];
  const forget = concat([zeros([2 * size]), ones([size]), zeros([size])]);
  const gates = bias === undefined ? zeros([4 * size]) : haikuGates(bias);
  return { 'linear/w': haikuGates(concat([input, hidden], 0)), 'linear/b': sub(gates, forget) };
}

/** `[height, width, channels, multiplier]` as Haiku's `[height, width, 1, channels · multiplier]`. */
export function depthwise(kernel: Tensor): Tensor {
  const [height, width, channels, multiplier] = kernel.shape;
  return reshape(kernel, [height, width, 1, channels * multiplier]);
}

/** `[out, in, …spatial]` as `[…spatial, in, out]`. */
export function channelsLast(weight: Tensor): Tensor {
  const axes = [...weight.shape.keys()];
  return transpose(weight, [...axes.slice(2), 1, 0]);
}

/**
 * `[…spatial, a, b]` turned about in space: what torch and Keras call a transposed convolution is a convolution's gradient, whose window
 * is the other way round than Haiku's.
 */
export function turned(weight: Tensor): Tensor {
  return reverse(weight, [...weight.shape.keys()].slice(0, -2));
}

/** `[…spatial, in, out]` as `[…spatial, out, in]`. */
export function swapChannels(weight: Tensor): Tensor {
  const axes = [...weight.shape.keys()];
  return transpose(weight, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/**
 * Attention whose heads have axes of their own, which share one in Haiku.
 *
 * @param output name of the last projection
 */
export function attentionByHeads(output: string): LayerRule {
  return (array, has) => {
    const entries: [string, Tensor][] = [];
    for (const name of ['query', 'key', 'value']) {
      const kernel = array(`${name}/kernel`);
      entries.push([`${name}/w`, reshape(kernel, [kernel.shape[0], -1])]);
      if (has(`${name}/bias`)) entries.push([`${name}/b`, reshape(array(`${name}/bias`), [-1])]);
    }
    const out = array(`${output}/kernel`);
    entries.push(['linear/w', reshape(out, [-1, out.shape[out.rank - 1]])]);
    if (has(`${output}/bias`)) entries.push(['linear/b', array(`${output}/bias`)]);
    return Object.fromEntries(entries);
  };
}

/** The sum of two arrays, or the one that there is. */
export function sumOf(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a !== undefined && b !== undefined ? add(a, b) : (a ?? b);
}
