import { backend, type Tensor } from '@tensorflow/tfjs-core';
import { rawOn } from '../backend/wasm/heap.js';
import type { PRNGKey } from '../random/key.js';
import type { RawKernels } from '../backend/wasm/exports.js';
import { bytesOf, type Graph } from './graph.js';
import { KernelProgram } from './kernel-program.js';
import type { Program } from './program.js';

/** How graphs are made ready for the WASM backend with our kernels. */
export interface HeapPlans {
  optimise(graph: Graph): Graph;
  program(graph: Graph, kernels: RawKernels): Program;
}

let heapPlans: HeapPlans | undefined;

/** `tanka/wasm` brings them along. */
export function provideHeapPlans(plans: HeapPlans): void {
  heapPlans = plans;
}

/** A graph made ready to run on the backend that was current when it was made. */
export class Plan {
  readonly #program: Program;
  readonly #backend = backend();
  #disposed = false;

  /** What runs: the graph that was given, further optimised for the backend. */
  readonly graph: Graph;

  constructor(graph: Graph) {
    const kernels = rawOn(this.#backend);
    if (kernels === undefined || heapPlans === undefined) {
      this.graph = graph;
      this.#program = new KernelProgram(graph);
    } else {
      this.graph = heapPlans.optimise(graph);
      this.#program = heapPlans.program(this.graph, kernels);
    }
  }

  /** Bytes that the plan's constants take. */
  get constantBytes(): number {
    return [...this.graph.constants.values()].reduce((sum, { view }) => sum + bytesOf(view), 0);
  }

  /** Bytes of the memory that the plan keeps for buffers between its steps. */
  get arenaBytes(): number {
    return this.#program.arenaBytes;
  }

  /** True while the backend that the plan was made for is the current one. */
  get isUsable(): boolean {
    return !this.#disposed && backend() === this.#backend;
  }

  /** Runs the plan; the tensors of the result are the caller's. */
  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[] {
    return this.#program.run(inputs, keys);
  }

  /** Frees the plan's memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // The memory of a backend that is gone went with it.
    if (this.isBackendAlive()) this.#program.dispose();
  }

  private isBackendAlive(): boolean {
    return (this.#backend as { wasm?: object | null }).wasm !== null;
  }
}
