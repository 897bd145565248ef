import { add, concat, mul, sigmoid, split, tanh, type Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../../module/layer.js';
import type { ModuleOptions } from '../../module/module.js';
import { Linear } from '../linear.js';
import { checkWhole } from '../option-checks.js';
import { checkStep, RNNCore, zeroState } from './core.js';

/** State of an LSTM core. */
export interface LSTMState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/**
 * The LSTM's step from its gates, in Haiku's order `i, g, f, o` along the last axis:
 * `c' = σ(f + 1) c + σ(i) tanh(g)`, `h' = σ(o) tanh(c')`.
 */
export function lstmStep(gates: Tensor, { cell }: LSTMState): [output: Tensor, state: LSTMState] {
  const [i, g, f, o] = split(gates, 4, -1);
  const c = add(mul(sigmoid(add(f, 1)), cell), mul(sigmoid(i), tanh(g)));
  const h = mul(sigmoid(o), tanh(c));
  return [h, { hidden: h, cell: c }];
}

/**
 * Long short-term memory (Zaremba et al., "Recurrent neural network regularization", 2014), with 1 added to the forget gate
 * (Jozefowicz et al., 2015); the output is the new `hidden`.
 *
 * Submodule `linear`, one {@link Linear} from input and hidden state to the four gates `i, g, f, o`.
 */
@layer('LSTM', ['hiddenSize'])
export class LSTM extends RNNCore<LSTMState> {
  constructor(
    readonly hiddenSize: number,
    options: ModuleOptions = {},
  ) {
    super(options);
    checkWhole(this, 'hiddenSize', hiddenSize, 0);
  }

  /**
   * @param inputs `[batch, inputSize]` or `[inputSize]`
   * @param state each `[batch, hiddenSize]` or `[hiddenSize]`
   * @throws `input-rank`; `input-dtype`; `input-shape`
   */
  call(inputs: Tensor, state: LSTMState): [output: Tensor, state: LSTMState] {
    checkStep(this, inputs, state?.hidden, this.hiddenSize);
    checkStep(this, inputs, state.cell, this.hiddenSize);
    const gates = new Linear(4 * this.hiddenSize).call(concat([inputs, state.hidden], -1));
    return lstmStep(gates, state);
  }

  /** Zeros, each `[batchSize, hiddenSize]`, or `[hiddenSize]` for `null`. */
  initialState(batchSize: number | null): LSTMState {
    return {
      hidden: zeroState([this.hiddenSize], batchSize),
      cell: zeroState([this.hiddenSize], batchSize),
    };
  }
}
