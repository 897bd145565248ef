import {
  add,
  div,
  matMul,
  mul,
  reshape,
  rsqrt,
  scalar,
  square,
  sum,
  type Rank,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { stopGradient } from '../backend/ops/stop-gradient.js';
import { constant, randomNormal } from '../initializers/index.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getState, setState } from '../module/state.js';
import type { UpdateOptions } from './exponential-moving-average.js';
import { checkDtype, checkRank } from './input-checks.js';
import { checkEps, checkOptions, checkWhole } from './option-checks.js';

/** Options of {@link SpectralNorm}. */
export interface SpectralNormOptions extends ModuleOptions {
  /** Added to the squared norms. Default 1e-4. */
  readonly eps?: number;
  /** Steps of the power iteration in each call. Default 1. */
  readonly nSteps?: number;
}

/** Options of a call of {@link SpectralNorm}. */
export interface SpectralNormCallOptions extends UpdateOptions {
  /** Refuses values of more than two axes, instead of merging all but the last. Default `false`. */
  readonly errorOnNonMatrix?: boolean;
}

function normalize(x: Tensor2D, eps: number): Tensor2D {
  return mul(x, rsqrt(add(sum(square(x)), scalar(eps))));
}

/**
 * Divides a matrix by its largest singular value (arXiv:1802.05957), estimated by power iteration `v = normalize(u · Wᵀ)`,
 * `u = normalize(v · W)`, `sigma = v · W · uᵀ`. No gradient flows through `u` and `v`.
 *
 * State: `u0` `[1, C]`, normal at first, for which it takes one random key; `sigma`, a scalar.
 */
@layer('SpectralNorm', [], { eps: 1e-4, nSteps: 1 })
export class SpectralNorm extends Module {
  private readonly eps: number;
  private readonly nSteps: number;

  /** @throws `layer-options` for less than one step */
  constructor(options: SpectralNormOptions = {}) {
    super(options);
    const { eps = 1e-4, nSteps = 1 } = options;
    checkEps(this, eps);
    checkWhole(this, 'nSteps', nSteps, 1);
    this.eps = eps;
    this.nSteps = nSteps;
  }

  /**
   * @param value `[..., C]`
   * @returns `value / sigma`
   * @throws `input-rank` for scalars and vectors, and with `errorOnNonMatrix` for all but matrices; `input-dtype`
   */
  call<R extends Rank>(value: Tensor<R>, options: SpectralNormCallOptions = {}): Tensor<R> {
    const { updateStats = true, errorOnNonMatrix = false } = checkOptions(this, options);
    checkRank(this, value, { min: 2, ...(errorOnNonMatrix && { max: 2 }) }, '[..., C], a matrix');
    checkDtype(this, value, 'float32');
    const channels = value.shape[value.rank - 1];
    const matrix = reshape<Rank.R2>(value, [value.size / channels, channels]);
    let u = getState<Tensor2D>('u0', [1, channels], { dtype: value.dtype, init: randomNormal() });
    let v = u;
    for (let step = 0; step < this.nSteps; step++) {
      v = normalize(matMul(u, matrix, false, true), this.eps);
      u = normalize(matMul(v, matrix), this.eps);
    }
    u = stopGradient(u) as Tensor2D;
    v = stopGradient(v) as Tensor2D;
    const sigma = reshape(matMul(matMul(v, matrix), u, false, true), []);
    if (updateStats) {
      setState('u0', u);
      setState('sigma', sigma);
    }
    return reshape(div(matrix, sigma), value.shape);
  }

  /** The left vector of the power iteration. */
  get u0(): Tensor2D {
    return getState<Tensor2D>('u0');
  }

  /** The last estimate of the largest singular value; 1 before any. */
  get sigma(): Tensor {
    return getState('sigma', [], { init: constant(1) });
  }
}
