import { reshape, Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { tidyInCurrentFrame } from '../transform/ownership.js';
import { leaves, mapTensors, type Tree } from '../tree/tree.js';
import { checkFunction } from './option-checks.js';
import { applyLayer, type Layer } from './sequential.js';

/** Options of {@link BatchApply}. */
export interface BatchApplyOptions {
  /** How many leading dimensions are merged. Default `2`. */
  readonly numDims?: number;
}

/**
 * Applies a function to inputs whose leading dimensions are merged into one, and splits the first dimension of its outputs
 * again: a layer for `[batch, ...]` runs on `[time, batch, ...]`. Not a module; adds nothing to names.
 */
export class BatchApply {
  readonly numDims: number;

  constructor(
    private readonly f: Layer,
    options: BatchApplyOptions = {},
  ) {
    checkFunction('hk.BatchApply', 'what it applies', f, { orCall: true });
    this.numDims = options.numDims ?? 2;
  }

  /**
   * @param args any nesting; leaves of lower rank, and what is no tensor, are passed as they are
   * @returns what the function returns, each first dimension split as that of the first merged input
   * @throws `input-rank` when no input has `numDims` dimensions
   */
  call<Output = Tensor>(...args: unknown[]): NoInfer<Output> {
    const { numDims } = this;
    const example = leaves(args as Tree<Tensor>).find(
      (leaf) => leaf instanceof Tensor && leaf.rank >= numDims,
    );
    if (example === undefined) {
      throw new TankaError(
        'input-rank',
        `hk.BatchApply merges ${numDims} dimensions, but no input has as many. Pass one, or another numDims.`,
      );
    }
    const leading = example.shape.slice(0, numDims);
    const merge = (x: Tensor): Tensor => {
      if (x.rank < numDims) return x;
      const size = x.shape.slice(0, numDims).reduce((a, b) => a * b, 1);
      return reshape(x, [size, ...x.shape.slice(numDims)]);
    };
    return tidyInCurrentFrame(() => {
      const outputs = applyLayer(
        this.f,
        args.map((arg) => mapTensors(merge, arg)),
      );
      return mapTensors((y) => reshape(y, [...leading, ...y.shape.slice(1)]), outputs) as NoInfer<Output>;
    });
  }
}
