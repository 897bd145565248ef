import { add, clone, mul, sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import * as hk from '../../../src/index.js';
import { expectBits, expectClose } from '../../support/compare.js';
import { tolerances } from '../../support/tolerances.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { modelOf, withRun } from './run.js';

/** A replay may differ from the function by the rounding that passes reorder. */
const REPLAY = 1e-5;

type Values = Float32Array | Int32Array | Uint8Array;

/** Compares two trees of tensors and frees both. `smallest`: a leaf of smaller values is compared as if its largest were this. */
function compare(
  actual: unknown,
  expected: unknown,
  toleranceOf: (path: string) => number,
  smallest: (largest: number) => number = () => 1e-3,
): void {
  const wanted = hk.tree.leavesWithPath(expected as hk.tree.Tree<Tensor>);
  const given = hk.tree.leaves(actual as hk.tree.Tree<Tensor>);
  try {
    const floats = wanted.filter(({ leaf }) => leaf.dtype === 'float32');
    const largest = Math.max(...floats.map(({ leaf }) => Math.max(...leaf.dataSync().map(Math.abs))));
    wanted.forEach(({ path, leaf }, i) => {
      const values = leaf.dataSync() as Values;
      const name = path.join('/');
      if (leaf.dtype === 'float32') expectClose(given[i], values, toleranceOf(name), name, smallest(largest));
      else expectBits(given[i], values, name);
    });
  } finally {
    hk.tree.dispose([actual, expected]);
  }
}

/** The same inputs, float ones halved. */
function others(inputs: readonly Tensor[]): Tensor[] {
  return inputs.map((input) => (input.dtype === 'float32' ? mul(input, 0.5) : clone(input)));
}

describe('layers give the same recorded and replayed', () => {
  for (const descriptor of descriptors) {
    for (const layerCase of casesOf(descriptor)) {
      it(layerCase.id, () => {
        const { apply } = modelOf(layerCase);
        // State that batch norms of few images in a row make much of: each side may differ from the truth by its tolerance.
        const ofState = descriptor.stateTolerance && 2 * descriptor.stateTolerance(layerCase.id, 'wasm');
        const key = (seed: number): hk.PRNGKey | null =>
          layerCase.applySeed === undefined ? null : hk.random.key(layerCase.applySeed + seed);
        const jitted = hk.jit(apply);
        withRun(layerCase, ({ params, state, inputs }) => {
          const second = others(inputs);
          try {
            hk.tree.dispose(jitted(params, state, key(0), ...inputs));
            for (const [seed, given] of [
              [0, inputs],
              [1, second],
            ] as const) {
              compare(
                jitted(params, state, key(seed), ...given),
                apply(params, state, key(seed), ...given),
                (path) => (path.startsWith('1/') && ofState !== undefined ? ofState : REPLAY),
              );
            }
          } finally {
            hk.tree.dispose(second);
            jitted.dispose();
          }
        });
      });

      if (layerCase.differentiable === false || descriptor.notDifferentiable?.test(layerCase.id) === true)
        continue;
      it(`${layerCase.id}, its gradient`, () => {
        const { apply } = modelOf(layerCase);
        const key = layerCase.applySeed === undefined ? null : hk.random.key(layerCase.applySeed);
        const gradient = (params: hk.Params, state: hk.State, ...inputs: Tensor[]): hk.Params =>
          hk.grad((p: hk.Params) => {
            const [output] = apply(p, state, key, ...inputs);
            const terms = hk.tree
              .leaves(output as hk.tree.Tree<Tensor>)
              .filter((leaf) => leaf.dtype === 'float32');
            return terms.map((leaf) => sum(leaf)).reduce((total, term) => add(total, term)) as Scalar;
          })(params);
        const jitted = hk.jit(gradient);
        withRun(layerCase, ({ params, state, inputs }) => {
          if (hk.tree.leaves(params).length === 0) return;
          const second = others(inputs);
          try {
            hk.tree.dispose(jitted(params, state, ...inputs));
            compare(
              jitted(params, state, ...second),
              gradient(params, state, ...second),
              () => tolerances.gradient,
              // Gradients that cancel out (of the bias of keys, of weights before a batch norm) are noise of the size of what cancelled.
              (largest) => Math.max(1e-3, 1e-2 * largest),
            );
          } finally {
            hk.tree.dispose(second);
            jitted.dispose();
          }
        });
      });
    }
  }
});
