import { backend, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { rawOn } from '../../../src/backend/wasm/heap.js';
import type { RawKernels } from '../../../src/backend/wasm/exports.js';
import type { Graph } from '../../../src/compile/graph.js';
import { HeapProgram } from '../../../src/compile/heap-program.js';
import { record } from '../../../src/compile/record.js';
import { leaves } from '../../../src/tree/tree.js';
import { expectBits, expectClose } from '../../support/compare.js';
import { values } from '../../support/values.js';

export type Pass = (graph: Graph) => Graph;

type Nest = Tensor | readonly Nest[];

/** What is tried: a function of tensors, and the shapes that it takes. */
export interface Trial {
  readonly f: (...inputs: never[]) => Nest;
  readonly shapes: readonly (readonly number[])[];
  /** So many of the last arguments are constants. */
  readonly constants?: number;
  /** Bit for bit instead of within 1e-5 of the largest value. */
  readonly exact?: boolean;
}

export function drawn(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(values(size, seed), [...shape]);
}

/** Names of the kernels and random operations of a graph, in order. */
export function namesOf({ nodes }: Graph): string[] {
  return nodes.map((node) => (node.kind === 'kernel' ? node.name : node.operation.name));
}

/** The graph of a function as it is recorded. */
export function recorded({ f, shapes, constants = 0 }: Trial): Graph {
  let graph!: Graph;
  tidy(() => {
    const inputs = shapes.map((shape, i) => drawn(shape, i + 1));
    ({ graph } = record(() => f(...(inputs as never[])), inputs.slice(0, inputs.length - constants), []));
  });
  return graph;
}

/**
 * The graph of a function after some passes, which computes what the function does on other values; the graph itself is as it was.
 */
export function passed(passes: readonly Pass[], trial: Trial): Graph {
  const { f, shapes, constants = 0, exact = false } = trial;
  const before = recorded(trial);
  const text = JSON.stringify(before.nodes);
  const after = passes.reduce((graph, pass) => pass(graph), before);
  if (JSON.stringify(before.nodes) !== text) throw new Error('A pass changed the graph that it was given.');
  const program = new HeapProgram(after, rawOn(backend()) as RawKernels);
  try {
    for (const seed of [11, 57]) {
      tidy(() => {
        const free = shapes.length - constants;
        const inputs = shapes.map((shape, i) => drawn(shape, i < free ? seed + i : i + 1));
        const expected = leaves(f(...(inputs as never[])) as Tensor);
        const actual = program.run(inputs.slice(0, free), []) as Tensor[];
        expected.forEach((one, i) => {
          const wanted = one.dataSync() as Float32Array;
          if (String(actual[i].shape) !== String(one.shape))
            throw new Error(
              `Result ${i} has the shape [${String(actual[i].shape)}], not [${String(one.shape)}].`,
            );
          if (exact) expectBits(actual[i], wanted, `result ${i}`);
          else expectClose(actual[i], wanted, 1e-5, `result ${i}`);
        });
      });
    }
  } finally {
    program.dispose();
  }
  return after;
}

/** {@link passed}, and the names of what is left. */
export function kernelsAfter(passes: readonly Pass[], trial: Trial): string[] {
  return namesOf(passed(passes, trial));
}
