import { engine, type Tensor } from '@tensorflow/tfjs-core';

interface EngineState {
  activeScope: object | null;
  activeTape: { saved?: Tensor[] }[] | null;
  gradientDepth: number;
  kernelDepth: number;
}

/** Runs code that neither frees its tensors nor stays silent, cleans up after it, and returns what it throws. */
export async function cleanedRun(code: () => Promise<unknown>): Promise<unknown> {
  const log = console.log;
  console.log = () => undefined;
  const variables = new Set(Object.keys(engine().registeredVariables));
  const { state } = engine() as unknown as { state: EngineState };
  const scope = state.activeScope ?? null;
  engine().startScope();
  try {
    await code();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    // A gradient of TensorFlow.js that throws leaves its scopes and its tape behind.
    while ((state.activeScope ?? null) !== scope) engine().endScope();
    state.activeTape?.forEach(({ saved }) => saved?.forEach((tensor) => tensor.dispose()));
    Object.assign(state, { activeTape: null, gradientDepth: 0, kernelDepth: 0 });
    // Variables, such as the weights of layers, outlive a scope.
    for (const [name, variable] of Object.entries(engine().registeredVariables)) {
      if (!variables.has(name)) variable.dispose();
    }
    console.log = log;
  }
}
