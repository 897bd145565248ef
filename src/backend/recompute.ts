import { add, keep, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { alias, openEngine, tensorIdMark, type TapeNode } from './engine.js';
import { disposeTape, withOwnTape } from './tape.js';

/** The float outputs that were made since `mark`, each once: values flow back through these. */
function differentiable(outputs: readonly Tensor[], mark: number): Tensor[] {
  return [...new Set(outputs)].filter((tensor) => tensor.id >= mark && tensor.dtype === 'float32');
}

/** Tensors from outside that a section of the tape reads. */
function inputsOf(section: readonly TapeNode[], mark: number): Set<Tensor> {
  return new Set(section.flatMap((node) => Object.values(node.inputs)).filter((tensor) => tensor.id < mark));
}

/** Runs `f` with tensors usable again that were disposed since; others hold their values. */
function revived<R>(tensors: readonly Tensor[], f: () => R): R {
  const disposed = tensors.filter((tensor) => tensor.isDisposed);
  const mark = (value: boolean): void => {
    for (const tensor of disposed)
      (tensor as unknown as { isDisposedInternal: boolean }).isDisposedInternal = value;
  };
  mark(false);
  try {
    return f();
  } finally {
    mark(true);
  }
}

/** Gradients of one section of a tape alone; what is recorded around it does not count. */
function backpropagate(
  section: readonly TapeNode[],
  outputs: readonly Tensor[],
  dys: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
): (Tensor | undefined)[] {
  const reached = new Set(inputs.map((tensor) => tensor.id));
  const nodes = section.filter((node) => {
    const reads = Object.values(node.inputs).some((tensor) => reached.has(tensor.id));
    if (reads) for (const tensor of node.outputs) reached.add(tensor.id);
    return reads;
  });
  const gradients = new Map<number, Tensor>();
  const accumulate = (tensor: Tensor, dy: Tensor): void => {
    const so = gradients.get(tensor.id);
    gradients.set(tensor.id, so === undefined ? dy : add(so, dy));
  };
  outputs.forEach((tensor, i) => {
    const dy = dys[i];
    if (dy !== null) accumulate(tensor, dy);
  });
  for (const node of nodes.reverse()) {
    const own = node.outputs.map((tensor) => gradients.get(tensor.id) ?? null);
    if (own.every((dy) => dy === null)) continue;
    if (node.gradient === undefined) {
      throw new Error(`Cannot compute gradient: gradient function not found for ${node.kernelName}.`);
    }
    const rules = node.gradient(own);
    for (const [name, tensor] of Object.entries(node.inputs)) {
      if (reached.has(tensor.id))
        accumulate(
          tensor,
          tidy(() => rules[name]()),
        );
    }
  }
  return inputs.map((tensor) => gradients.get(tensor.id));
}

/** Computes a section once more, recorded, and takes its gradients. */
function gradientsAnew(
  again: () => readonly Tensor[],
  dys: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
): (Tensor | undefined)[] {
  const { state } = openEngine();
  const run = (): (Tensor | undefined)[] => {
    const tape = (state.activeTape ??= []);
    const start = tape.length;
    const mark = tensorIdMark();
    state.gradientDepth++;
    let outputs: Tensor[];
    try {
      outputs = differentiable(again(), mark);
    } finally {
      state.gradientDepth--;
    }
    return backpropagate(tape.slice(start), outputs, dys, inputs);
  };
  // Within a further gradient all of this is part of its tape; otherwise it is freed at once.
  if (state.gradientDepth > 0) return run();
  let gradients: (Tensor | undefined)[] = [];
  tidy(() => {
    gradients = withOwnTape(run);
    return gradients.filter((gradient) => gradient !== undefined);
  });
  return gradients;
}

/**
 * Runs `forward` without keeping what its operations saved for the gradient: when a gradient is taken, `again` computes the
 * same outputs once more, and the gradient goes through that.
 *
 * @param forward returns every tensor that the code outside may use
 * @param again returns the same tensors in the same order, computed anew
 * @param reads tensors that `forward` may read in ways that are not recorded
 */
export function recompute(
  forward: () => readonly Tensor[],
  again: () => readonly Tensor[],
  reads: readonly Tensor[],
): void {
  const { state } = openEngine();
  const tape = state.activeTape;
  if (tape === null || state.gradientDepth === 0 || state.kernelDepth > 0) {
    forward();
    return;
  }
  const start = tape.length;
  const mark = tensorIdMark();
  const outputs = differentiable(forward(), mark);
  const section = tape.splice(start);
  const captured = [...new Set([...inputsOf(section, mark), ...reads])];
  disposeTape(section);
  const inputs = captured.filter((tensor) => tensor.dtype === 'float32');
  // These hold the values until the gradient is taken.
  const saved = captured.map((tensor) => keep(alias(tensor)));
  tape.push({
    id: state.nextTapeNodeId++,
    kernelName: 'Recompute',
    inputs: Object.fromEntries(inputs.map((tensor, i) => [String(i), tensor])),
    outputs,
    saved,
    gradient: (dys) => {
      const gradients = revived(captured, () => gradientsAnew(again, dys, inputs));
      return Object.fromEntries(
        inputs.map((tensor, i) => [String(i), () => gradients[i] ?? zeros(tensor.shape)]),
      );
    },
  });
}
