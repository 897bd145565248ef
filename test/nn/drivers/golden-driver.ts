import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { expectClose } from '../../support/compare.js';
import { expectGoldenTree, referenceValues } from '../../support/golden-trees.js';
import { gradientsOf, probe } from '../../support/gradients.js';
import type { ArrayReference } from '../../support/goldens.js';
import { tolerances } from '../../support/tolerances.js';
import { toCamelCase } from '../descriptors/build.js';
import type { GoldenBundles, GoldenLayerCase } from '../descriptors/goldens.js';
import { applyKey, backends, gradientBackends, modelOf, onBackend } from './run.js';

function names(bundles: object): [bundle: string, names: string[]][] {
  return Object.entries(bundles).map(([bundle, values]) => [bundle, Object.keys(values as object)]);
}

/** Names in the order of creation, then each array: bit by bit unless the tolerance for its name says otherwise. */
function expectBundles(
  actual: hk.Params,
  { golden, arrays }: { golden: GoldenBundles; arrays: GoldenLayerCase['arrays'] },
  what: string,
  tolerance: (name: string) => number,
): void {
  expect(names(actual), `${what}: names`).to.deep.equal(names(golden));
  for (const [bundle, entries] of Object.entries(golden)) {
    for (const [name, reference] of Object.entries(entries)) {
      const fullName = `${bundle}/${name}`;
      expectGoldenTree(actual[bundle][name], reference, arrays, tolerance(fullName), `${what} ${fullName}`);
    }
  }
}

function largestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/** What a golden leaves open of a case. */
export interface GoldenOptions {
  /** State that depends on the inputs and so equals Haiku's within the tolerance of outputs. */
  readonly stateFromData?: RegExp;
  /** Default: that of outputs. */
  readonly stateTolerance?: (id: string, backend: (typeof backends)[number]) => number;
}

/** Declares the tests that compare a case with its golden. */
export function testGolden(
  layerCase: GoldenLayerCase,
  { stateFromData, stateTolerance }: GoldenOptions = {},
): void {
  const { golden, arrays } = layerCase;

  for (const backend of backends) {
    const ofState = stateTolerance?.(golden.id, backend) ?? tolerances.output;
    const toleranceOf = (name: string): number => (stateFromData?.test(name) === true ? ofState : 0);
    onBackend(backend, () => {
      it(`${golden.id}: parameters and state from the seed, outputs and state of each step`, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const [params, first] = model.init(golden.seed, ...inputs);
        expectBundles(params, { golden: golden.params, arrays }, 'parameter', () => 0);
        expectBundles(first, { golden: golden.state, arrays }, 'state', toleranceOf);
        let state = first;
        golden.steps.forEach((step, i) => {
          const [output, next] = model.apply(params, state, applyKey(layerCase), ...inputs);
          expectGoldenTree(
            output,
            step.output,
            arrays,
            tolerances.output,
            `output of step ${i}`,
            toCamelCase,
          );
          expectBundles(next, { golden: step.state, arrays }, `state after step ${i}`, () => ofState);
          hk.tree.dispose([output, state]);
          state = next;
        });
        hk.tree.dispose([params, state, inputs]);
      });
    });
  }

  const grads = golden.grads;
  if (grads === undefined || grads === false) return;
  for (const backend of gradientBackends) {
    onBackend(backend, () => {
      it(`${golden.id}: gradients with respect to parameters and inputs`, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const [params, state] = model.init(golden.seed, ...inputs);
        const found = gradientsOf(
          (p, xs) => probe(model.apply(p, state, applyKey(layerCase), ...xs)[0]),
          params,
          inputs,
        );
        expect(names(found.params), 'names').to.deep.equal(names(params));
        const references: ArrayReference[] = [
          ...Object.values(grads.params).flatMap((entries) => Object.values(entries)),
          ...Object.values(grads.inputs),
        ];
        const largest = Math.max(
          ...references.map((reference) => largestOf(referenceValues(arrays, reference))),
        );
        // A gradient that is zero but for rounding, as of a bias before a softmax, is measured by the others.
        const smallest = Math.max(1e-3, 0.02 * largest);
        for (const [bundle, entries] of Object.entries(grads.params)) {
          for (const [name, reference] of Object.entries(entries)) {
            const gradient = found.params[bundle][name];
            const what = `gradient of ${bundle}/${name}`;
            expectClose(gradient, referenceValues(arrays, reference), tolerances.gradient, what, smallest);
          }
        }
        for (const [i, reference] of Object.entries(grads.inputs)) {
          const gradient = found.inputs[Number(i)] as Tensor;
          expectClose(
            gradient,
            referenceValues(arrays, reference),
            tolerances.gradient,
            `gradient of input ${i}`,
          );
        }
        hk.tree.dispose([found.value, found.params, found.inputs, params, state, inputs]);
      });
    });
  }
}
