import { cast, div, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { bernoulli } from '../random/bernoulli.js';
import type { PRNGKey } from '../random/key.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { nextRngKey } from '../module/rng.js';
import { axisIn } from './functions/axes.js';
import { checkDtype, checkTensor, nameOf, type LayerName } from './input-checks.js';
import { checkOptions } from './option-checks.js';

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** Dimensions along which all values share one draw. Default: none. */
  readonly broadcastDims?: readonly number[];
}

/** @throws `layer-options` */
function checkRate(layer: LayerName, rate: number): void {
  if (typeof rate === 'number' && rate >= 0 && rate < 1) return;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} got the rate ${String(rate)}. It is the share of values to drop: from 0 up to, but without, 1.`,
  );
}

/**
 * Zeroes each value with probability `rate` and divides the others by `1 - rate`
 * (Srivastava et al., "Dropout", JMLR 2014).
 *
 * @param rng where the draw comes from; not looked at when the rate is 0
 * @param rate in `[0, 1)`
 * @throws `layer-options` for another rate; `call-options` for a dimension that `x` does not have
 */
export function dropout(rng: PRNGKey, rate: number, x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropoutOf('hk.dropout', rng, rate, x, options);
}

/** {@link dropout} under the name of the layer that asks for it. */
export function dropoutOf(
  layer: LayerName,
  rng: PRNGKey,
  rate: number,
  x: Tensor,
  options: DropoutOptions = {},
): Tensor {
  const { broadcastDims = [] } = checkOptions(layer, options);
  checkRate(layer, rate);
  checkTensor(layer, x);
  if (rate === 0) return x;
  checkDtype(layer, x, 'float32');
  const shape = [...x.shape];
  for (const dim of broadcastDims) shape[axisIn(layer, x, dim)] = 1;
  const keepRate = 1 - rate;
  return tidy(() => div(mul(cast(bernoulli(rng, keepRate, shape), x.dtype), x), keepRate));
}

/**
 * Dropout as a layer: draws its own key in training, and is the identity otherwise. Has no parameters; beyond Haiku, which
 * has the function {@link dropout} alone.
 */
@layer('Dropout', ['rate'])
export class Dropout extends Module {
  private readonly dropoutOptions: DropoutOptions;

  /**
   * @param rate share of values that are dropped, in `[0, 1)`
   * @throws `layer-options` for another rate
   */
  constructor(
    readonly rate: number,
    options: DropoutOptions & ModuleOptions = {},
  ) {
    super(options);
    checkRate(this, rate);
    this.dropoutOptions = options;
  }

  /**
   * @param isTraining when false, and with a rate of 0, `x` comes back as it is and no key is taken
   * @throws `rng-missing` when a key is needed and apply got none
   */
  call(x: Tensor, isTraining: boolean): Tensor {
    checkTensor(this, x);
    if (!isTraining || this.rate === 0) return x;
    return dropoutOf(this, nextRngKey(), this.rate, x, this.dropoutOptions);
  }
}
