import { add, zeros, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { dot } from '../backend/ops/dot.js';
import { truncatedNormal } from '../initializers/truncated-normal.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getParameter, type Initializer } from '../module/parameters.js';
import { checkDtype, checkRank } from './input-checks.js';
import { checkWhole } from './option-checks.js';

/** Options of {@link Linear}. */
export interface LinearOptions extends ModuleOptions {
  /** Adds a bias. Default `true`. */
  readonly withBias?: boolean;
  /** Of `w`. Default: truncated normal of standard deviation `1 / √inputSize`. */
  readonly wInit?: Initializer;
  /** Of `b`. Default: zeros. */
  readonly bInit?: Initializer;
}

/**
 * Fully connected layer on the last axis: `y = x · w + b`.
 *
 * Parameters, in the dtype of the input: `w` `[inputSize, outputSize]`, `b` `[outputSize]`. Takes one random key when `w` is made.
 */
@layer('Linear', ['outputSize'], { withBias: true })
export class Linear extends Module {
  /** Size of the last axis of the input; known once the layer was called. */
  inputSize: number | undefined;

  constructor(
    readonly outputSize: number,
    private readonly options: LinearOptions = {},
  ) {
    super(options);
    checkWhole(this, 'outputSize', outputSize, 0);
  }

  /**
   * @param x `[..., inputSize]`
   * @returns `[..., outputSize]`
   * @throws `input-rank` for a scalar; `input-dtype` for other than float32
   */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    checkRank(this, x, { min: 1 }, '[..., inputSize]');
    checkDtype(this, x, 'float32');
    const { withBias = true, wInit, bInit = zeros } = this.options;
    const inputSize = (this.inputSize = x.shape[x.rank - 1]);
    const init = wInit ?? truncatedNormal({ stddev: 1 / Math.sqrt(inputSize) });
    const w = getParameter('w', [inputSize, this.outputSize], { dtype: x.dtype, init });
    const y = dot(x, w);
    if (!withBias) return y as Tensor<R>;
    return add(y, getParameter('b', [this.outputSize], { dtype: x.dtype, init: bInit }));
  }
}
