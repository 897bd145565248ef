import '@tensorflow/tfjs-backend-cpu';
import { setBackend, type Tensor } from '@tensorflow/tfjs-core';
import * as hk from '../../../src/index.js';
import type { LayerCase, Library } from '../descriptors/descriptor.js';

/** The backends that every layer must be right on. */
export const backends = ['wasm', 'cpu'] as const;

/** Those whose gradients are tested. */
export const gradientBackends: readonly (typeof backends)[number][] = ['wasm', 'cpu'];

/** Declares tests that run on a backend; the others run on WASM. */
export function onBackend(backend: (typeof backends)[number], declare: () => void): void {
  describe(`on ${backend}`, () => {
    before(async () => {
      await setBackend(backend);
    });
    after(async () => {
      await setBackend('wasm');
    });
    declare();
  });
}

/** The pair of a case. */
export function modelOf(
  layerCase: LayerCase,
  library: Library = hk,
): hk.TransformedWithState<Tensor[], unknown> {
  return library.transformWithState((...inputs: Tensor[]) => layerCase.run(library, inputs));
}

/** The key that a case's apply takes. */
export function applyKey({ applySeed }: LayerCase): number | null {
  return applySeed ?? null;
}

/** What a case gives: all of it is freed when `use` returns or throws. */
export function withRun<R>(
  layerCase: LayerCase,
  use: (run: {
    readonly inputs: Tensor[];
    readonly params: hk.Params;
    readonly state: hk.State;
    readonly output: unknown;
    readonly newState: hk.State;
  }) => R,
  inputs: Tensor[] = layerCase.inputs(),
): R {
  const model = modelOf(layerCase);
  const made: unknown[] = [inputs];
  try {
    const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
    made.push(params, state);
    const [output, newState] = model.apply(params, state, applyKey(layerCase), ...inputs);
    made.push(output, newState);
    return use({ inputs, params, state, output, newState });
  } finally {
    made.forEach((tree) => {
      hk.tree.dispose(tree);
    });
  }
}
