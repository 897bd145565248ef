import { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { expectGoldenTree, referenceValues } from '../../support/golden-trees.js';
import { goldenCases, goldenTensor, type ArrayReference } from '../../support/goldens.js';
import { expectClose } from '../../support/compare.js';
import { gradientsOf, probe } from '../../support/gradients.js';
import { tolerances } from '../../support/tolerances.js';
import { toCamelCase } from '../descriptors/build.js';
import { arrayOf } from '../descriptors/goldens.js';
import { backends, onBackend } from '../drivers/run.js';

/** A call of a function of jax.nn. */
interface FunctionCase {
  readonly id: string;
  readonly fn: string;
  readonly inputs: readonly ArrayReference[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: readonly ArrayReference[];
  readonly grads?: readonly ArrayReference[];
}

type AnyFunction = (...args: unknown[]) => Tensor | Tensor[];

const { cases, arrays } = goldenCases<FunctionCase>('nn');

function toTensor(reference: ArrayReference): Tensor {
  return goldenTensor(arrayOf(arrays, reference));
}

function isReference(value: unknown): value is ArrayReference {
  return value !== null && typeof value === 'object' && '$t' in value;
}

/** Runs a case on fresh tensors and frees them. */
function withCall(
  golden: FunctionCase,
  use: (call: (inputs: Tensor[]) => Tensor[], inputs: Tensor[]) => void,
): void {
  const inputs = golden.inputs.map(toTensor);
  const { num_classes: numClasses, ...others } = golden.options;
  const options = Object.fromEntries(
    Object.entries(others).map(([name, value]) => [
      toCamelCase(name),
      isReference(value) ? toTensor(value) : value,
    ]),
  );
  const positional = numClasses === undefined ? [] : [numClasses];
  const f = hk.nn[toCamelCase(golden.fn) as 'relu'] as unknown as AnyFunction;
  use((xs) => [f(...xs, ...positional, options)].flat(), inputs);
  hk.tree.dispose(inputs);
  for (const value of Object.values(options)) if (value instanceof Tensor) value.dispose();
}

/** XLA takes values below the normal numbers for 0: a sigmoid of -88, and 88 times it. */
const NOTHING = 1e-36;

/** Asserts values of the ends of the numbers, where one largest value would hide all others. */
function expectEachClose(output: Tensor[], golden: FunctionCase): void {
  output.forEach((tensor, i) => {
    const expected = [...referenceValues(arrays, golden.output[i])];
    const values = [...tensor.dataSync()];
    const wrong = expected.flatMap((b, at) => {
      const a = values[at];
      const same = a === b || Object.is(a, b) || Math.abs(a - b) <= tolerances.output * Math.abs(b) + NOTHING;
      return same ? [] : [`[${at}]: ${a} differs from ${b}`];
    });
    expect(wrong).to.deep.equal([]);
    expect(values.length).to.equal(expected.length);
  });
}

describe('hk.nn equals jax.nn', () => {
  for (const backend of backends) {
    onBackend(backend, () => {
      for (const golden of cases) {
        it(`${golden.id}: values`, () => {
          withCall(golden, (call, inputs) => {
            const model = hk.transform((...xs: Tensor[]) => call(xs));
            const output = model.apply({}, null, ...inputs);
            if (golden.id.includes('/ends')) expectEachClose(output, golden);
            else expectGoldenTree(output, golden.output, arrays, tolerances.output, golden.id);
            hk.tree.dispose(output);
          });
        });

        const { grads } = golden;
        if (grads === undefined) continue;
        it(`${golden.id}: gradients`, () => {
          withCall(golden, (call, inputs) => {
            const found = gradientsOf((_, xs) => probe(call(xs)), {}, inputs);
            grads.forEach((reference, i) => {
              const gradient = found.inputs[i] as Tensor;
              expectClose(gradient, referenceValues(arrays, reference), tolerances.gradient, `input ${i}`);
            });
            hk.tree.dispose([found.value, found.inputs]);
          });
        });
      }
    });
  }

  it('has a golden of every function', () => {
    const tested = new Set(cases.map(({ fn }) => toCamelCase(fn)));
    expect([...tested]).to.have.members(Object.keys(hk.nn));
  });
});
