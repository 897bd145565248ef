import {
  add,
  cast,
  div,
  lessEqual,
  mul,
  pow,
  scalar,
  sub,
  where,
  type DataType,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { constant } from '../initializers/constant.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getState, setState } from '../module/state.js';
import { checkDtype, nameOf } from './input-checks.js';
import { checkNumber, checkOptions, checkWhole } from './option-checks.js';

/** Options of {@link ExponentialMovingAverage}. */
export interface ExponentialMovingAverageOptions extends ModuleOptions {
  /** Divides the average by `1 − decay^calls`, so that it does not start near zero (Adam, arXiv:1412.6980). Default `true`. */
  readonly zeroDebias?: boolean;
  /** The average is the last value for so many calls; needs `zeroDebias: false`. Default 0. */
  readonly warmupLength?: number;
}

/** Options of a call of {@link ExponentialMovingAverage}. */
export interface UpdateOptions {
  /** Writes the new average to the state. Default `true`. */
  readonly updateStats?: boolean;
}

/**
 * Exponential moving average: `hidden ← hidden · decay + value · (1 − decay)`, `average = hidden / (1 − decay^counter)`.
 *
 * State: `counter` (int32 scalar, starts at `−warmupLength`), `hidden` and `average` of the value's shape and dtype.
 */
@layer('ExponentialMovingAverage', ['decay'], { zeroDebias: true, warmupLength: 0 })
export class ExponentialMovingAverage extends Module {
  private readonly zeroDebias: boolean;
  private readonly warmupLength: number;

  /**
   * @param decay in `[0, 1]`; near 1 forgets slowly
   * @throws `layer-options` for another decay, a negative warm-up, or one with debiasing
   */
  constructor(
    readonly decay: number,
    options: ExponentialMovingAverageOptions = {},
  ) {
    super(options);
    const { zeroDebias = true, warmupLength = 0 } = options;
    checkNumber(this, 'decay', decay, { min: 0, max: 1 });
    checkWhole(this, 'warmupLength', warmupLength, 0);
    if (warmupLength > 0 && zeroDebias) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} got the warmupLength ${warmupLength} with zeroDebias: both correct the start. Set zeroDebias: false.`,
      );
    }
    this.zeroDebias = zeroDebias;
    this.warmupLength = warmupLength;
  }

  /** Makes the state of zeros where there is none yet. */
  initialize(shape: readonly number[], dtype: DataType = 'float32'): void {
    getState('hidden', shape, { dtype, init: constant(0) });
    getState('average', shape, { dtype, init: constant(0) });
  }

  /**
   * @returns the average with `value` in it
   * @throws `input-dtype` for other than float32
   */
  call<R extends Rank>(value: Tensor<R> | number, options: UpdateOptions = {}): Tensor<R> {
    const { updateStats = true } = checkOptions(this, options);
    const x = typeof value === 'number' ? (scalar(value) as Tensor as Tensor<R>) : value;
    checkDtype(this, x, 'float32', 'its value');
    const start = constant(-this.warmupLength);
    const counter = add(getState('counter', [], { dtype: 'int32', init: start }), scalar(1, 'int32'));
    const given = scalar(this.decay);
    const decay =
      this.warmupLength > 0 ? where(lessEqual(counter, scalar(0, 'int32')), scalar(0), given) : given;
    const before = getState('hidden', x.shape, { dtype: x.dtype, init: constant(0) });
    const hidden: Tensor = add(mul(before, decay), mul(x, sub(scalar(1), decay)));
    const average = this.zeroDebias
      ? div(hidden, sub(scalar(1), pow(decay, cast(counter, 'float32'))))
      : hidden;
    if (updateStats) {
      setState('counter', counter);
      setState('hidden', hidden);
      setState('average', average);
    }
    return average as Tensor<R>;
  }

  /**
   * The average so far.
   *
   * @throws `state-missing` before the first call
   */
  get average(): Tensor {
    return getState('average');
  }
}
