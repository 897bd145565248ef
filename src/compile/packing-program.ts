import type { Tensor } from '@tensorflow/tfjs-core';
import type { RawKernels } from '../backend/wasm/exports.js';
import type { PRNGKey } from '../random/key.js';
import type { Graph } from './graph.js';
import { HeapProgram } from './heap-program.js';
import type { Program } from './program.js';

/** A program that is made anew once it is seen which of its inputs last from call to call (parameters at inference): they are worth a packed copy. */
export class PackingProgram implements Program {
  #program: HeapProgram;
  #runs = 0;
  /** What the first run was given. */
  #first: object[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly kernels: RawKernels,
  ) {
    this.#program = new HeapProgram(graph, kernels);
  }

  get arenaBytes(): number {
    return this.#program.arenaBytes;
  }

  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[] {
    if (this.#runs < 2) this.#watch(inputs);
    return this.#program.run(inputs, keys);
  }

  /** Inputs that are the same in the first two runs are taken to last. */
  #watch(inputs: readonly Tensor[]): void {
    if (this.#runs++ === 0) {
      this.#first = inputs.map(({ dataId }) => dataId);
      return;
    }
    const { packable } = this.#program;
    const lasting = this.graph.inputs.flatMap(({ buffer }, i) =>
      packable.has(buffer) && inputs[i].dataId === this.#first[i] ? [buffer] : [],
    );
    this.#first = [];
    if (lasting.length === 0) return;
    const before = this.#program;
    this.#program = new HeapProgram(this.graph, this.kernels, new Set(lasting));
    before.dispose();
  }

  dispose(): void {
    this.#program.dispose();
  }
}
