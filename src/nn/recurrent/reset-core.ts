import { cast, reshape, Tensor, where } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { layer } from '../../module/layer.js';
import type { ModuleOptions } from '../../module/module.js';
import { leaves, map, type Tree } from '../../tree/tree.js';
import { wrongShape, nameOf } from '../input-checks.js';
import { RNNCore } from './core.js';

/**
 * Wraps a core so that its state starts anew where a signal says so. Its state is that of the core; has no parameters of its own.
 */
@layer('ResetCore', ['core'])
export class ResetCore<State, Input, Output> extends RNNCore<State, readonly [Input, unknown], Output> {
  /** @throws `layer-options` for what is no core */
  constructor(
    readonly core: RNNCore<State, Input, Output>,
    options: ModuleOptions = {},
  ) {
    super(options);
    if (typeof core?.initialState !== 'function') {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} needs a recurrent core to wrap, but got ${String(core)}. Pass one such as new hk.LSTM(…).`,
      );
    }
  }

  /**
   * @param inputsAndReset `[inputs, shouldReset]`: the core's inputs, and a tensor of bools or a nesting of them like the state, each of
   *   a shape with which the shape of its state begins, such as `[batch]`
   * @throws `input-shape` when the signal's shape is no beginning of the state's, and for inputs without a signal
   */
  call(inputsAndReset: readonly [Input, unknown], state: State): [output: Output, state: State] {
    if (!Array.isArray(inputsAndReset)) {
      throw new TankaError(
        'input-shape',
        `${nameOf(this)} takes an array [inputs, shouldReset] as its input. Pass call([x, shouldReset], state).`,
      );
    }
    const [inputs, shouldReset] = inputsAndReset as unknown as readonly [Input, unknown];
    const signals = shouldReset instanceof Tensor ? map(() => shouldReset, state) : shouldReset;
    const batchSize = this.#isBatched(state) ? leaves(inputs as Tree<Tensor>)[0].shape[0] : null;
    const reset = map(
      (current: Tensor, initial: Tensor, signal: Tensor) =>
        where(this.#conform(signal, current), cast(initial, current.dtype), current),
      state,
      this.initialState(batchSize),
      signals,
    );
    return this.core.call(inputs, reset as State);
  }

  /** That of the core. */
  initialState(batchSize: number | null): State {
    return this.core.initialState(batchSize);
  }

  /** The signal as bools that broadcast to the state: with dimensions of size 1 on the right. */
  #conform(signal: Tensor, state: Tensor): Tensor {
    if (String(signal.shape) !== String(state.shape.slice(0, signal.rank))) {
      throw wrongShape(
        this,
        signal,
        `a beginning of the shape of its state, [${state.shape.join(', ')}],`,
        'shouldReset',
      );
    }
    const ones = Array<number>(state.rank - signal.rank).fill(1);
    return cast(reshape(signal, [...signal.shape, ...ones]), 'bool');
  }

  #isBatched(state: State): boolean {
    const shapes = (tree: State): string[] =>
      leaves(tree as Tree<Tensor>).map(({ shape }) => String(shape.slice(1)));
    const own = shapes(state);
    // An empty state has no batch.
    return own.length > 0 && String(own) === String(shapes(this.initialState(1)));
  }
}
