import { layer } from '../module/layer.js';
import type { Params } from '../module/frame.js';
import { Module } from '../module/module.js';
import type { UpdateOptions } from './exponential-moving-average.js';
import { checkOptions } from './option-checks.js';
import { mapParams } from './params-tree.js';
import { SpectralNorm, type SpectralNormOptions } from './spectral-norm.js';

/** Options of {@link SNParamsTree}. */
export interface SNParamsTreeOptions extends SpectralNormOptions {
  /** Parameters whose full name starts with a match of this regular expression are left as they are. Default `''`: none. */
  readonly ignoreRegex?: string;
}

/**
 * {@link SpectralNorm} of every parameter of a tree.
 *
 * State: that of one `SpectralNorm` a parameter, named after it with `/` as `__` and `~` as `_tilde`.
 */
@layer('SNParamsTree', [], { eps: 1e-4, nSteps: 1, ignoreRegex: '' })
export class SNParamsTree extends Module {
  constructor(private readonly options: SNParamsTreeOptions = {}) {
    super(options);
  }

  /**
   * @param params what `init` of some network returned
   * @returns the same tree with normalized values
   * @throws `input-rank` for vectors, such as biases, that are not ignored
   */
  call(params: Params, options: UpdateOptions = {}): Params {
    const { updateStats = true } = checkOptions(this, options);
    const { ignoreRegex = '', ...norm } = this.options;
    return mapParams(params, { tilde: '_tilde', ignoreRegex }, (value, name) =>
      new SpectralNorm({ ...norm, name }).call(value, { updateStats }),
    );
  }
}
