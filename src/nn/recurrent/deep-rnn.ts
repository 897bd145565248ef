import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../../backend/what-is.js';
import { TankaError } from '../../errors/tanka-error.js';
import { layer } from '../../module/layer.js';
import { module } from '../../module/decorators.js';
import type { Module, ModuleOptions } from '../../module/module.js';
import { checkedList } from '../option-checks.js';
import { map } from '../../tree/tree.js';
import { applyLayer, checkLayers, type Layer } from '../sequential.js';
import { RNNCore, type AnyRNNCore } from './core.js';
import { nameOf } from '../input-checks.js';

/** State of a {@link DeepRNN}: one entry for each recurrent core. */
export type DeepRNNState = readonly unknown[];

function isCore(layer: unknown): layer is RNNCore<unknown, unknown, unknown> {
  return layer instanceof RNNCore;
}

/** @throws `input-shape` unless the state has an entry for each core */
function checkState(core: Module, state: unknown, cores: number): void {
  if (Array.isArray(state) && state.length === cores) return;
  throw new TankaError(
    'input-shape',
    `${nameOf(core)} takes an array of ${cores} states, one for each core, as its state, but got ${whatIs(state)}. Start from its initialState(…).`,
  );
}

/**
 * Several cores, and functions or other layers between them, as one core. Has no parameters of its own, and layers made before
 * it keep their own names.
 */
@layer('DeepRNN', ['layers'])
export class DeepRNN<Input = Tensor, Output = Tensor> extends RNNCore<DeepRNNState, Input, Output> {
  /** @throws `layer-options` for a layer that is neither a function nor has a `call` method */
  constructor(
    readonly layers: readonly Layer[],
    options: ModuleOptions = {},
  ) {
    super(options);
    checkLayers(this, checkedList(this, 'layers', layers));
  }

  /** Hands the inputs through the layers; each core gets its entry of the state. */
  call(inputs: Input, state: DeepRNNState): [output: Output, state: DeepRNNState] {
    checkState(this, state, this.layers.filter(isCore).length);
    const next: unknown[] = [];
    let current: unknown = inputs;
    for (const layer of this.layers) {
      if (isCore(layer)) [current, next[next.length]] = layer.call(current, state[next.length]);
      else current = applyLayer(layer, [current]);
    }
    return [current as Output, next];
  }

  /** One entry for each recurrent core. */
  initialState(batchSize: number | null): DeepRNNState {
    return this.layers.filter(isCore).map((core) => core.initialState(batchSize));
  }
}

/** A {@link DeepRNN} whose cores also see the inputs, and whose output holds those of all cores. */
@module('__deep_rnn', { className: 'DeepRNNWithSkipConnections', positional: ['layers'] })
class DeepRNNWithSkipConnections<Input, Output> extends RNNCore<DeepRNNState, Input, Output> {
  constructor(
    readonly layers: readonly RNNCore<unknown, unknown, unknown>[],
    options: ModuleOptions,
  ) {
    super(options);
    const other = checkedList(this, 'layers', layers).findIndex((layer) => !isCore(layer));
    if (other >= 0) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} needs an hk.RNNCore as layer ${other}. Move it into one, or use hk.DeepRNN.`,
      );
    }
  }

  call(inputs: Input, state: DeepRNNState): [output: Output, state: DeepRNNState] {
    checkState(this, state, this.layers.length);
    const outputs: unknown[] = [];
    const next: unknown[] = [];
    this.layers.forEach((core, i) => {
      const seen = i === 0 ? inputs : concatLast(inputs, outputs[i - 1]);
      [outputs[i], next[i]] = core.call(seen, state[i]);
    });
    return [concatLast(...outputs) as Output, next];
  }

  initialState(batchSize: number | null): DeepRNNState {
    return this.layers.map((core) => core.initialState(batchSize));
  }
}

/** Leaf by leaf, joined along the last axis. */
function concatLast(...trees: unknown[]): unknown {
  const [first, ...others] = trees;
  return map((x: Tensor, ...rest: Tensor[]) => concat([x, ...rest], -1), first, ...others);
}

/**
 * A {@link DeepRNN} with skip connections: each core but the first sees the inputs beside the output of the one before, and
 * the output holds the outputs of all cores, joined along the last axis.
 *
 * @throws `layer-options` when a layer is no recurrent core
 */
export function deepRnnWithSkipConnections<Input = Tensor, Output = Tensor>(
  layers: readonly AnyRNNCore[],
  options: ModuleOptions = {},
): RNNCore<DeepRNNState, Input, Output> {
  return new DeepRNNWithSkipConnections(layers as never, options);
}
