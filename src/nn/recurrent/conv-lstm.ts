import { add, type Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../../module/layer.js';
import type { ModuleOptions } from '../../module/module.js';
import { ConvND } from '../conv-nd.js';
import { replicate } from '../replicate.js';
import { checkOptions, checkWhole } from '../option-checks.js';
import { checkDtype, checkRank, wrongShape } from '../input-checks.js';
import { RNNCore, checkState, zeroState } from './core.js';
import { lstmStep, type LSTMState } from './lstm.js';

/** Options of {@link Conv1DLSTM}, {@link Conv2DLSTM} and {@link Conv3DLSTM}. */
export interface ConvLSTMOptions extends ModuleOptions {
  /** Spatial dimensions of the inputs. */
  readonly inputShape: readonly number[];
  readonly outputChannels: number;
  /** One size for all spatial dimensions, or one for each. */
  readonly kernelShape: number | readonly number[];
}

/**
 * Convolutional LSTM (Shi et al., "Convolutional LSTM network", 2015): the LSTM with convolutions in place of products.
 *
 * Submodules `input_to_hidden` and `hidden_to_hidden`, each a {@link ConvND} to the four gates `i, g, f, o`, with bias.
 */
abstract class ConvNDLSTM extends RNNCore<LSTMState> {
  readonly inputShape: readonly number[];
  readonly outputChannels: number;
  readonly kernelShape: number | readonly number[];

  constructor(
    readonly numSpatialDims: number,
    options: ConvLSTMOptions,
  ) {
    super(options);
    checkOptions(this, options);
    this.inputShape = replicate(this, options.inputShape, numSpatialDims, 'inputShape');
    checkWhole(this, 'outputChannels', options.outputChannels, 1);
    this.outputChannels = options.outputChannels;
    this.kernelShape = options.kernelShape;
  }

  /**
   * @param inputs `[batch, ...inputShape, channels]`, or without batch
   * @param state each `[batch, ...inputShape, outputChannels]`, or without batch
   * @throws `input-rank`; `input-dtype`; `input-shape`
   */
  call(inputs: Tensor, state: LSTMState): [output: Tensor, state: LSTMState] {
    this.#checkStep(inputs, state?.hidden);
    this.#checkStep(inputs, state.cell);
    const convolution = (name: string): ConvND =>
      new ConvND(this.numSpatialDims, 4 * this.outputChannels, this.kernelShape, { name });
    const inputToHidden = convolution('input_to_hidden');
    const hiddenToHidden = convolution('hidden_to_hidden');
    return lstmStep(add(inputToHidden.call(inputs), hiddenToHidden.call(state.hidden)), state);
  }

  /** Zeros, each `[batchSize, ...inputShape, outputChannels]`, or without batch for `null`. */
  initialState(batchSize: number | null): LSTMState {
    const shape = [...this.inputShape, this.outputChannels];
    return { hidden: zeroState(shape, batchSize), cell: zeroState(shape, batchSize) };
  }

  #checkStep(inputs: Tensor, hidden: Tensor | undefined): void {
    const rank = this.numSpatialDims + 1;
    const expected = `[batch, ${this.inputShape.join(', ')}, channels]`;
    checkRank(this, inputs, { min: rank, max: rank + 1 }, `${expected} or without batch`);
    checkDtype(this, inputs, 'float32');
    const spatial = inputs.shape.slice(-rank, -1);
    if (String(spatial) !== String(this.inputShape)) throw wrongShape(this, inputs, expected);
    checkState(this, inputs, hidden, this.outputChannels, rank);
  }
}

/** Convolutional LSTM over one spatial dimension: inputs `[batch, width, channels]`. See {@link ConvLSTMOptions}. */
@layer('Conv1DLSTM')
export class Conv1DLSTM extends ConvNDLSTM {
  constructor(options: ConvLSTMOptions) {
    super(1, options);
  }
}

/** Convolutional LSTM over two spatial dimensions: inputs `[batch, height, width, channels]`. See {@link ConvLSTMOptions}. */
@layer('Conv2DLSTM')
export class Conv2DLSTM extends ConvNDLSTM {
  constructor(options: ConvLSTMOptions) {
    super(2, options);
  }
}

/**
 * Convolutional LSTM over three spatial dimensions: inputs `[batch, depth, height, width, channels]`. See
 * {@link ConvLSTMOptions}.
 */
@layer('Conv3DLSTM')
export class Conv3DLSTM extends ConvNDLSTM {
  constructor(options: ConvLSTMOptions) {
    super(3, options);
  }
}
