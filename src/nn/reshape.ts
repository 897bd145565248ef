import { reshape, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { checkTensor, wrongShape, nameOf } from './input-checks.js';
import { checkedList, checkWhole } from './option-checks.js';

/** Options of {@link Reshape}. */
export interface ReshapeOptions extends ModuleOptions {
  /** How many leading dimensions stay; negative: how many trailing dimensions are replaced. Default `1`, the batch. */
  readonly preserveDims?: number;
}

/**
 * Gives all dimensions but the preserved ones a new shape; an input of no more than the preserved dimensions comes back as it is.
 *
 * Has no parameters.
 */
@layer('Reshape', ['outputShape'], { preserveDims: 1 })
export class Reshape extends Module {
  readonly preserveDims: number;

  /**
   * @param outputShape new shape of what is not preserved; one size may be `-1`: what remains
   * @throws `layer-options` for `preserveDims: 0` and for more than one `-1`
   */
  constructor(
    readonly outputShape: readonly number[],
    options: ReshapeOptions = {},
  ) {
    super(options);
    this.preserveDims = options.preserveDims ?? 1;
    if (!Number.isInteger(this.preserveDims) || this.preserveDims === 0) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} got preserveDims: ${this.preserveDims}. Pass how many leading dimensions to keep, or minus how many trailing ones to replace.`,
      );
    }
    for (const size of checkedList(this, 'outputShape', outputShape))
      checkWhole(this, 'size of the output shape', size, -1);
    if (outputShape.filter((size) => size === -1).length > 1) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} got the output shape [${outputShape.join(', ')}]: -1 can stand only once.`,
      );
    }
  }

  /**
   * @param x `[...preserved, ...rest]`
   * @returns `[...preserved, ...outputShape]`
   * @throws `input-shape` when the sizes do not fit
   */
  call(x: Tensor): Tensor {
    checkTensor(this, x);
    if (x.rank <= this.preserveDims) return x;
    const kept = this.preserveDims < 0 ? Math.max(0, x.rank + this.preserveDims) : this.preserveDims;
    const preserved = x.shape.slice(0, kept);
    const size = x.shape.slice(kept).reduce((a, b) => a * b, 1);
    const known = this.outputShape.reduce((a, b) => (b === -1 ? a : a * b), 1);
    const open = this.outputShape.includes(-1);
    if (open ? known === 0 || size % known !== 0 : size !== known) {
      throw wrongShape(
        this,
        x,
        `${String(known)}${open ? ' or a multiple of it' : ''} values after the first ${kept} dimensions, for the output shape [${this.outputShape.join(', ')}],`,
      );
    }
    const replaced = this.outputShape.map((n) => (n === -1 ? size / known : n));
    return reshape(x, [...preserved, ...replaced]);
  }
}
