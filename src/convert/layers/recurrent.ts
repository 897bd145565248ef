import {
  add,
  concat,
  div,
  mul,
  neg,
  reshape,
  reverse,
  slice,
  split,
  unstack,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { lstm } from '../../checkpoint/key-maps/rules.js';
import type { RNNCore } from '../../nn/recurrent/core.js';
import { GRU } from '../../nn/recurrent/gru.js';
import { LSTM } from '../../nn/recurrent/lstm.js';
import { dynamicUnroll } from '../../nn/recurrent/unroll.js';
import { activationOf } from '../activations.js';
import { GRUOf, LSTMOf, VanillaRNNOf } from '../cores.js';
import type { LayerConfig } from '../layer-config.js';
import { within, type LayerArrays, type LayerDefinition } from '../layer-definition.js';

/** A recurrent layer: its core, and its arrays as those of the core. */
interface Recurrent {
  readonly core: (config: LayerConfig, name: string) => RNNCore<never> | RNNCore;
  readonly weights: (config: LayerConfig, arrays: LayerArrays) => Record<string, Tensor>;
}

function activations(config: LayerConfig) {
  return {
    activation: activationOf(config, 'activation', 'tanh'),
    gate: activationOf(config, 'recurrent_activation', 'hard_sigmoid'),
  };
}

/** Whether the layer has the activations that Haiku's cores have. */
function hasHaikuActivations(config: LayerConfig): boolean {
  return (
    config.text('activation', 'tanh') === 'tanh' &&
    config.text('recurrent_activation', 'hard_sigmoid') === 'sigmoid'
  );
}

const longShortTerm: Recurrent = {
  core: (config, name) => {
    const units = config.number('units');
    return hasHaikuActivations(config)
      ? new LSTM(units, { name })
      : new LSTMOf(units, activations(config), { name });
  },
  weights: (_, { get, has }) =>
    lstm(get('kernel'), get('recurrent_kernel'), has('bias') ? get('bias') : undefined),
};

/** Haiku's update gate is one minus Keras': what comes in changes its sign. */
function updateTurned(x: Tensor): Tensor {
  const [z, r, a] = split(x, 3, -1);
  return concat([neg(z), r, a], -1);
}

const gated: Recurrent = {
  core: (config, name) => {
    config.only('recurrent_activation', 'hard_sigmoid', ['sigmoid', 'hard_sigmoid']);
    const units = config.number('units');
    const resetAfter = config.flag('reset_after', false);
    return hasHaikuActivations(config)
      ? new GRU(units, { resetAfter, name })
      : new GRUOf(units, activations(config), { resetAfter, name });
  },
  weights: (config, { get, has }) => {
    const hidden = get('recurrent_kernel');
    const resetAfter = config.flag('reset_after', false);
    const size = hidden.shape[1] as number;
    const bias = has('bias') ? reshape(get('bias'), [resetAfter ? 2 : 1, size]) : zeros([2, size]);
    const [input, after] = unstack(bias);
    return {
      w_i: updateTurned(get('kernel')),
      w_h: updateTurned(hidden),
      b: updateTurned(input),
      ...(resetAfter ? { b_h: updateTurned(after) } : {}),
    };
  },
};

const simple: Recurrent = {
  core: (config, name) =>
    new VanillaRNNOf(config.number('units'), activationOf(config, 'activation', 'tanh'), { name }),
  weights: (_, { get, has }) => {
    const hidden = get('recurrent_kernel');
    return {
      'linear/w': get('kernel'),
      'linear/b': has('bias') ? get('bias') : zeros([hidden.shape[1] as number]),
      'linear_1/w': hidden,
    };
  },
};

const cores: Readonly<Record<string, Recurrent>> = {
  LSTM: longShortTerm,
  GRU: gated,
  SimpleRNN: simple,
};

/** What runs a layer's core over time, as the layer's configuration says. */
function unrolled(config: LayerConfig, recurrent: Recurrent, name: string): (x: Tensor) => Tensor {
  config.only('return_state', false, [false]);
  config.only('stateful', false, [false]);
  const core = recurrent.core(config, name) as RNNCore;
  const [sequences, backwards] = [config.flag('return_sequences', false), config.flag('go_backwards', false)];
  return (x) => {
    const steps = backwards ? reverse(x, 1) : x;
    const options = { timeMajor: false };
    const [outputs] = dynamicUnroll(core, steps, core.initialState(x.shape[0]), options) as [Tensor, unknown];
    if (sequences) return outputs;
    const [batch, length, units] = outputs.shape;
    return reshape(slice(outputs, [0, length - 1, 0], [batch, 1, units]), [batch, units]);
  };
}

function layer(recurrent: Recurrent): LayerDefinition {
  return {
    build: (config) => {
      const run = unrolled(config, recurrent, config.moduleName);
      return (inputs) => {
        if (inputs.length !== 1) throw config.unsupported('it is given its first state');
        return run(inputs[0]);
      };
    },
    weights: (config, arrays) => within(config.moduleName, recurrent.weights(config, arrays)),
  };
}

/** The two ways of a bidirectional layer. */
const DIRECTIONS = ['forward', 'backward'] as const;

function wrapped(config: LayerConfig): { inner: LayerConfig; recurrent: Recurrent } {
  const inner = config.inner('layer');
  if (!Object.hasOwn(cores, inner.className)) throw config.unsupported(`it wraps a ${inner.className}`);
  return { inner, recurrent: cores[inner.className] };
}

const bidirectional: LayerDefinition = {
  build: (config) => {
    const { inner, recurrent } = wrapped(config);
    const sequences = inner.flag('return_sequences', false);
    const [forward, backward] = DIRECTIONS.map((direction) =>
      unrolled(inner, recurrent, `${config.moduleName}_${direction}`),
    );
    // Null is not the default: then the layer has two outputs.
    if (config.raw('merge_mode') === null) throw config.unsupported('its merge_mode is null');
    config.only('merge_mode', 'concat', ['concat', 'sum', 'mul', 'ave']);
    const mode = config.text('merge_mode', 'concat');
    return ([x]) => {
      const a = forward(x);
      const turned = backward(reverse(x, 1));
      const b = sequences ? reverse(turned, 1) : turned;
      if (mode === 'concat') return concat([a, b], -1);
      if (mode === 'mul') return mul(a, b);
      return mode === 'sum' ? add(a, b) : div(add(a, b), 2);
    };
  },
  weights: (config, { get, has }) => {
    const { inner, recurrent } = wrapped(config);
    const entries = DIRECTIONS.map((direction) => {
      const arrays = {
        get: (name: string) => get(`${direction}/${name}`),
        has: (name: string) => has(`${direction}/${name}`),
      };
      return within(`${config.moduleName}_${direction}`, recurrent.weights(inner, arrays));
    });
    return { ...entries[0], ...entries[1] };
  },
};

/** Layers that go through time. */
export const recurrentLayers: Readonly<Record<string, LayerDefinition>> = {
  LSTM: layer(longShortTerm),
  GRU: layer(gated),
  SimpleRNN: layer(simple),
  Bidirectional: bidirectional,
};
