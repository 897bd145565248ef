import { layer } from '../module/layer.js';
import type { Params } from '../module/frame.js';
import { Module } from '../module/module.js';
import {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  type UpdateOptions,
} from './exponential-moving-average.js';
import { checkOptions } from './option-checks.js';
import { mapParams } from './params-tree.js';

/** Options of {@link EMAParamsTree}. */
export interface EMAParamsTreeOptions extends ExponentialMovingAverageOptions {
  /** Parameters whose full name starts with a match of this regular expression are left as they are. Default `''`: none. */
  readonly ignoreRegex?: string;
}

/**
 * {@link ExponentialMovingAverage} of every parameter of a tree: evaluate a network with what it returns.
 *
 * State: that of one `ExponentialMovingAverage` a parameter, named after it with `/` as `__` and `~` as `_tilde_`.
 */
@layer('EMAParamsTree', ['decay'], { zeroDebias: true, warmupLength: 0, ignoreRegex: '' })
export class EMAParamsTree extends Module {
  constructor(
    readonly decay: number,
    private readonly options: EMAParamsTreeOptions = {},
  ) {
    super(options);
  }

  /**
   * @param params what `init` of some network returned, after any training
   * @returns the same tree with averaged values
   */
  call(params: Params, options: UpdateOptions = {}): Params {
    const { updateStats = true } = checkOptions(this, options);
    const { ignoreRegex = '', ...average } = this.options;
    return mapParams(params, { tilde: '_tilde_', ignoreRegex }, (value, name) =>
      new ExponentialMovingAverage(this.decay, { ...average, name }).call(value, { updateStats }),
    );
  }
}
