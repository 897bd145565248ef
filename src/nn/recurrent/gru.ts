import { add, mul, sigmoid, split, sub, tanh, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { dot } from '../../backend/ops/dot.js';
import { varianceScaling } from '../../initializers/variance-scaling.js';
import { layer } from '../../module/layer.js';
import type { ModuleOptions } from '../../module/module.js';
import { getParameter, type Initializer } from '../../module/parameters.js';
import { checkWhole } from '../option-checks.js';
import { checkStep, RNNCore, zeroState } from './core.js';

/** Options of {@link GRU}. */
export interface GRUOptions extends ModuleOptions {
  /** Of `w_i`. Default: variance scaling. */
  readonly wIInit?: Initializer;
  /** Of `w_h`. Default: variance scaling. */
  readonly wHInit?: Initializer;
  /** Of `b` and `b_h`. Default: zeros. */
  readonly bInit?: Initializer;
  /**
   * Applies the reset gate after the product with the hidden state, and gives that product a bias `b_h`, as cuDNN, PyTorch and
   * Keras do; beyond Haiku. Default `false`.
   */
  readonly resetAfter?: boolean;
}

/**
 * Gated recurrent unit (Chung et al., "Empirical evaluation of gated recurrent neural networks", 2014); the output is the new
 * state.
 *
 * ```text
 * z = σ(W_iz x + W_hz h + b_z)         r = σ(W_ir x + W_hr h + b_r)
 * a = tanh(W_ia x + W_ha (r h) + b_a)  h' = (1 - z) h + z a
 * ```
 *
 * With `resetAfter`, `a = tanh(W_ia x + b_a + r (W_ha h + b_ha))`, and `z` and `r` add their parts of `b_h` too. PyTorch's
 * weights load after two changes: its gates are in the order `r, z, n`, and its update gate is `1 - z`, so that weights and
 * biases of `z` change their sign.
 *
 * Parameters, gates in the order `z, r, a`: `w_i` `[inputSize, 3 hiddenSize]`, `w_h` `[hiddenSize, 3 hiddenSize]`,
 * `b` `[3 hiddenSize]`; with `resetAfter` also `b_h` `[3 hiddenSize]`. Takes one random key for each `w` when it is made.
 */
@layer('GRU', ['hiddenSize'], { resetAfter: false })
export class GRU extends RNNCore<Tensor> {
  constructor(
    readonly hiddenSize: number,
    private readonly options: GRUOptions = {},
  ) {
    super(options);
    checkWhole(this, 'hiddenSize', hiddenSize, 0);
  }

  /**
   * @param inputs `[batch, inputSize]` or `[inputSize]`
   * @param state `[batch, hiddenSize]` or `[hiddenSize]`
   * @throws `input-rank`; `input-dtype`; `input-shape`
   */
  call(inputs: Tensor, state: Tensor): [output: Tensor, state: Tensor] {
    checkStep(this, inputs, state, this.hiddenSize);
    const { wIInit = varianceScaling(), wHInit = varianceScaling(), bInit = zeros } = this.options;
    const size = this.hiddenSize;
    const { dtype } = inputs;
    const inputSize = inputs.shape[inputs.rank - 1];
    const wI = getParameter('w_i', [inputSize, 3 * size], { dtype, init: wIInit });
    const wH = getParameter('w_h', [size, 3 * size], { dtype, init: wHInit });
    const b = getParameter('b', [3 * size], { dtype, init: bInit });

    const next = this.options.resetAfter
      ? this.#resetAfter(add(dot(inputs, wI), b), dot(state, wH), state)
      : this.#resetBefore(add(dot(inputs, wI), b), wH, state);
    return [next, next];
  }

  #resetBefore(x: Tensor, wH: Tensor, h: Tensor): Tensor {
    const size = this.hiddenSize;
    const [wHzr, wHa] = split(wH, [2 * size, size], 1);
    const [xzr, xa] = split(x, [2 * size, size], -1);
    const [z, r] = split(sigmoid(add(xzr, dot(h, wHzr))), 2, -1);
    const a = tanh(add(xa, dot(mul(r, h), wHa)));
    return add(mul(sub(1, z), h), mul(z, a));
  }

  #resetAfter(x: Tensor, product: Tensor, h: Tensor): Tensor {
    const { bInit = zeros } = this.options;
    const bH = getParameter('b_h', [3 * this.hiddenSize], { dtype: h.dtype, init: bInit });
    const [xz, xr, xa] = split(x, 3, -1);
    const [hz, hr, ha] = split(add(product, bH), 3, -1);
    const z = sigmoid(add(xz, hz));
    const r = sigmoid(add(xr, hr));
    const a = tanh(add(xa, mul(r, ha)));
    return add(mul(sub(1, z), h), mul(z, a));
  }

  /** Zeros `[batchSize, hiddenSize]`, or `[hiddenSize]` for `null`. */
  initialState(batchSize: number | null): Tensor {
    return zeroState([this.hiddenSize], batchSize);
  }
}
