import { add, broadcastTo, mul, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getParameter, type Initializer } from '../module/parameters.js';
import { checkBroadcasts, checkDtype, checkRank, wrongShape, nameOf } from './input-checks.js';
import { checkOptions } from './option-checks.js';

/** Options of {@link Bias}. */
export interface BiasOptions extends ModuleOptions {
  /** Shape of one example, checked against the input. Default: whatever the input has. */
  readonly outputSize?: readonly number[];
  /** Dimensions along which the bias varies (`-1` is the last); it is the same along all others. Default: all but the batch. */
  readonly biasDims?: readonly number[];
  /** Of `b`. Default: zeros. */
  readonly bInit?: Initializer;
}

/** Options of {@link Bias.call}. */
export interface BiasCallOptions {
  /** Multiplies the bias before it is added: `-1` takes the same bias off again. */
  readonly multiplier?: number | Tensor;
}

/**
 * Adds a bias: `y = x + b`, or `x + multiplier · b`.
 *
 * Parameter, in the dtype of the input: `b`, of the input's shape without leading dimensions along which it does not vary,
 * with size 1 along the others. Takes no random key by default.
 */
@layer('Bias')
export class Bias extends Module {
  /** Shape of `b`; known once the layer was called. */
  biasShape: number[] | undefined;

  constructor(private readonly options: BiasOptions = {}) {
    super(options);
  }

  /**
   * @param x `[batch, ...outputSize]`
   * @returns the shape of `x`
   * @throws `input-rank` below rank 2; `input-shape` when `outputSize` differs; `layer-options` for dimensions that `x` does not have
   */
  call(x: Tensor, options: BiasCallOptions = {}): Tensor {
    const { multiplier } = checkOptions(this, options);
    checkRank(this, x, { min: 2 }, '[batch, ...outputSize]');
    checkDtype(this, x, 'float32');
    const { outputSize, bInit = zeros } = this.options;
    if (outputSize && String(outputSize) !== String(x.shape.slice(1))) {
      throw wrongShape(this, x, `[batch, ${outputSize.join(', ')}]`);
    }
    this.biasShape = this.#shapeFor(x);
    const b = getParameter('b', this.biasShape, { dtype: x.dtype, init: bInit });
    if (multiplier === undefined) return add(x, b);
    if (typeof multiplier !== 'number') checkBroadcasts(this, multiplier, x.shape, 'its multiplier');
    // Broadcast first: a tensor as multiplier is aligned with the input, not with the bias.
    return add(x, mul(broadcastTo(b, x.shape), multiplier));
  }

  #shapeFor(x: Tensor): number[] {
    const { biasDims } = this.options;
    if (biasDims === undefined) return x.shape.slice(1);
    if (biasDims.length === 0) return [];
    const dims = biasDims.map((dim) => (dim < 0 ? dim + x.rank : dim));
    const outside = dims.findIndex((dim) => !Number.isInteger(dim) || dim <= 0 || dim >= x.rank);
    if (outside >= 0) {
      const why = dims[outside] === 0 ? 'is the batch' : 'does not exist';
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} got biasDims: [${biasDims.join(', ')}], but dimension ${biasDims[outside]} of its ` +
          `input [${x.shape.join(', ')}] ${why}. Use dimensions from 1 to ${x.rank - 1}, or negative ones from the end.`,
      );
    }
    const shape = x.shape.map((size, dim) => (dims.includes(dim) ? size : 1));
    const first = shape.findIndex((size) => size !== 1);
    return first < 0 ? [] : shape.slice(first);
  }
}
