import { add, type Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../../module/layer.js';
import type { ModuleOptions } from '../../module/module.js';
import { relu } from '../functions/relu.js';
import { Linear } from '../linear.js';
import { checkWhole } from '../option-checks.js';
import { checkStep, RNNCore, zeroState } from './core.js';

/** Options of {@link VanillaRNN}. */
export interface VanillaRNNOptions extends ModuleOptions {
  /** Gives the second layer a bias too. Default `true`. */
  readonly doubleBias?: boolean;
}

/**
 * Fully connected recurrent core: `h' = relu(Wx + b + Uh + b')`; the output is the new state.
 *
 * Submodules `linear` (of the input) and `linear_1` (of the state), each a {@link Linear}.
 */
@layer('VanillaRNN', ['hiddenSize'], { doubleBias: true })
export class VanillaRNN extends RNNCore<Tensor> {
  readonly doubleBias: boolean;

  constructor(
    readonly hiddenSize: number,
    options: VanillaRNNOptions = {},
  ) {
    super(options);
    checkWhole(this, 'hiddenSize', hiddenSize, 0);
    this.doubleBias = options.doubleBias ?? true;
  }

  /**
   * @param inputs `[batch, inputSize]` or `[inputSize]`
   * @param state `[batch, hiddenSize]` or `[hiddenSize]`
   * @throws `input-rank`; `input-dtype`; `input-shape`
   */
  call(inputs: Tensor, state: Tensor): [output: Tensor, state: Tensor] {
    checkStep(this, inputs, state, this.hiddenSize);
    const inputToHidden = new Linear(this.hiddenSize);
    const hiddenToHidden = new Linear(this.hiddenSize, { withBias: this.doubleBias });
    const h = relu(add(inputToHidden.call(inputs), hiddenToHidden.call(state)));
    return [h, h];
  }

  /** Zeros `[batchSize, hiddenSize]`, or `[hiddenSize]` for `null`. */
  initialState(batchSize: number | null): Tensor {
    return zeroState([this.hiddenSize], batchSize);
  }
}
