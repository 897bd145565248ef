import { backend, type Tensor } from '@tensorflow/tfjs-core';
import { rawOn } from '../backend/wasm/heap.js';
import type { PRNGKey } from '../random/key.js';
import type { RawKernels } from '../backend/wasm/exports.js';
import { bytesOf, type BufferId, type Graph } from './graph.js';
import { KernelProgram } from './kernel-program.js';
import type { Program } from './program.js';

/** How graphs are made ready for the WASM backend with our kernels. */
export interface HeapPlans {
  optimise(graph: Graph): Graph;
  program(graph: Graph, kernels: RawKernels, lasting?: ReadonlySet<BufferId>): Program;
}

let heapPlans: HeapPlans | undefined;

/** `tanka/wasm` brings them along. */
export function provideHeapPlans(plans: HeapPlans): void {
  heapPlans = plans;
}

/** A graph made ready to run on the backend that was current when it was made. */
export class Plan {
  #program: Program;
  readonly #backend = backend();
  #disposed = false;
  #runs = 0;
  /** What the first run was given. */
  #first: object[] = [];

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
    if (this.#runs < 2) this.#watch(inputs);
    return this.#program.run(inputs, keys);
  }

  /** Inputs that are the same in the first two runs (parameters at inference) are worth a packed copy. */
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
    const kernels = rawOn(this.#backend);
    if (lasting.length === 0 || kernels === undefined || heapPlans === undefined) return;
    const before = this.#program;
    this.#program = heapPlans.program(this.graph, kernels, new Set(lasting));
    before.dispose();
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
