import { add, concat, mul, split, sub, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { dot } from '../backend/ops/dot.js';
import { varianceScaling } from '../initializers/variance-scaling.js';
import { module } from '../module/decorators.js';
import type { ModuleOptions } from '../module/module.js';
import { getParameter } from '../module/parameters.js';
import { Linear } from '../nn/linear.js';
import { RNNCore } from '../nn/recurrent/core.js';
import type { LSTMState } from '../nn/recurrent/lstm.js';
import type { Activation } from './activations.js';

/** The activations of a recurrent layer, where Haiku's cores have fixed ones. */
export interface CoreActivations {
  /** Of what is remembered. */
  readonly activation: Activation;
  /** Of the gates. */
  readonly gate: Activation;
}

/** An LSTM of any activations; its parameters are those of `hk.LSTM`. */
@module('lstm')
export class LSTMOf extends RNNCore<LSTMState> {
  constructor(
    private readonly hiddenSize: number,
    private readonly functions: CoreActivations,
    options: ModuleOptions = {},
  ) {
    super(options);
  }

  call(inputs: Tensor, { hidden, cell }: LSTMState): [output: Tensor, state: LSTMState] {
    const { activation, gate } = this.functions;
    const gates = new Linear(4 * this.hiddenSize).call(concat([inputs, hidden], -1));
    const [i, g, f, o] = split(gates, 4, -1);
    const c = add(mul(gate(add(f, 1)), cell), mul(gate(i), activation(g)));
    const h = mul(gate(o), activation(c));
    return [h, { hidden: h, cell: c }];
  }

  initialState(batchSize: number | null): LSTMState {
    const shape = batchSize === null ? [this.hiddenSize] : [batchSize, this.hiddenSize];
    return { hidden: zeros(shape), cell: zeros(shape) };
  }
}

/** A GRU of any activations; its parameters are those of `hk.GRU`. The gates' must be odd about one half. */
@module('gru')
export class GRUOf extends RNNCore<Tensor> {
  constructor(
    private readonly hiddenSize: number,
    private readonly functions: CoreActivations,
    private readonly options: ModuleOptions & { readonly resetAfter: boolean },
  ) {
    super(options);
  }

  call(inputs: Tensor, state: Tensor): [output: Tensor, state: Tensor] {
    const { activation, gate } = this.functions;
    const size = this.hiddenSize;
    const init = varianceScaling();
    const wI = getParameter('w_i', [inputs.shape[inputs.rank - 1], 3 * size], { init });
    const wH = getParameter('w_h', [size, 3 * size], { init });
    const [xz, xr, xa] = split(add(dot(inputs, wI), getParameter('b', [3 * size], { init: zeros })), 3, -1);
    const [wHz, wHr, wHa] = split(wH, 3, 1);
    let z: Tensor;
    let a: Tensor;
    if (this.options.resetAfter) {
      const bH = getParameter('b_h', [3 * size], { init: zeros });
      const [hz, hr, ha] = split(add(dot(state, wH), bH), 3, -1);
      z = gate(add(xz, hz));
      a = activation(add(xa, mul(gate(add(xr, hr)), ha)));
    } else {
      z = gate(add(xz, dot(state, wHz)));
      a = activation(add(xa, dot(mul(gate(add(xr, dot(state, wHr))), state), wHa)));
    }
    const next = add(mul(sub(1, z), state), mul(z, a));
    return [next, next];
  }

  initialState(batchSize: number | null): Tensor {
    return zeros(batchSize === null ? [this.hiddenSize] : [batchSize, this.hiddenSize]);
  }
}

/** A simple recurrent core of any activation; its parameters are those of `hk.VanillaRNN`. */
@module('vanilla_rnn')
export class VanillaRNNOf extends RNNCore<Tensor> {
  constructor(
    private readonly hiddenSize: number,
    private readonly activation: Activation,
    options: ModuleOptions = {},
  ) {
    super(options);
  }

  call(inputs: Tensor, state: Tensor): [output: Tensor, state: Tensor] {
    const fromInput = new Linear(this.hiddenSize).call(inputs);
    const next = this.activation(
      add(fromInput, new Linear(this.hiddenSize, { withBias: false }).call(state)),
    );
    return [next, next];
  }

  initialState(batchSize: number | null): Tensor {
    return zeros(batchSize === null ? [this.hiddenSize] : [batchSize, this.hiddenSize]);
  }
}
