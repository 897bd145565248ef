import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { openEngine, releaseToScope, tensorIdMark, type TapeNode } from './engine.js';

/** Frees what a tape has saved. */
export function disposeTape(tape: readonly TapeNode[]): void {
  for (const node of tape) for (const tensor of node.saved ?? []) tensor.dispose();
}

/**
 * Runs `f` apart from the recording of operations that is going on: gradients taken in it get a tape of their own, and
 * nothing of it is recorded outside.
 */
export function withOwnTape<R>(f: () => R): R {
  const { state } = openEngine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  state.activeTape = null;
  state.gradientDepth = 0;
  state.kernelDepth = 0;
  try {
    return f();
  } finally {
    if (state.activeTape !== null) disposeTape(state.activeTape);
    state.activeTape = activeTape;
    state.gradientDepth = gradientDepth;
    state.kernelDepth = kernelDepth;
  }
}

/** Value and gradients of {@link tapeGradients}. */
export interface ValueAndGradients {
  readonly value: Tensor;
  /** In the order of the inputs; `null` where nothing flows. */
  readonly gradients: readonly (Tensor | null)[];
}

/**
 * The gradients of the tensor that `f` returns with respect to `xs`, which the caller owns.
 *
 * @param escaping lists the tensors made in `f` that must outlive it, beside its result
 */
export function tapeGradients(
  f: () => Tensor,
  xs: readonly Tensor[],
  escaping: () => readonly Tensor[] = () => [],
): ValueAndGradients {
  const { state } = openEngine();
  // At depth 0 the engine starts a new tape: one that is being played back, or the one around a kernel, would be lost.
  if (state.kernelDepth > 0 || (state.gradientDepth === 0 && state.activeTape !== null)) {
    return withOwnTape(() => tapeGradients(f, xs, escaping));
  }
  const mark = tensorIdMark();
  const kept: Tensor[] = [];
  try {
    const { value, grads } = engine().gradients(
      () => {
        const y = f();
        for (const tensor of escaping()) {
          // What the user keeps stays kept; what is older is not ours to free.
          if (tensor.kept || tensor.id < mark || tensor === y) continue;
          tensor.kept = true;
          kept.push(tensor);
        }
        return y;
      },
      [...xs],
      undefined,
      true,
    );
    kept.forEach(releaseToScope);
    return { value, gradients: grads.map((gradient: Tensor | undefined) => gradient ?? null) };
  } catch (error) {
    for (const tensor of kept) tensor.dispose();
    if (state.gradientDepth === 0 && state.activeTape !== null) {
      disposeTape(state.activeTape);
      state.activeTape = null;
    }
    throw error;
  }
}
