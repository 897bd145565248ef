import { backend, type KernelBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { PRNGKey } from '../random/key.js';
import type { BufferId, Graph, View } from './graph.js';
import { buffersFreedAfter } from './liveness.js';
import {
  Boundary,
  kernelCall,
  runRandomNode,
  writeConstants,
  type DataId,
  type Memory,
  type Program,
} from './program.js';

type Step = (memory: Memory) => void;

/** A program for any backend: calls its kernels one after the other and frees what nobody reads any more. */
export class KernelProgram implements Program {
  readonly arenaBytes = 0;
  readonly #host: KernelBackend = backend();
  readonly #steps: readonly Step[];
  readonly #freed: readonly BufferId[][];
  readonly #constants: ReadonlyMap<BufferId, DataId>;
  readonly #boundary: Boundary;

  constructor(private readonly graph: Graph) {
    this.#freed = buffersFreedAfter(graph);
    this.#constants = writeConstants(graph, this.#host);
    this.#boundary = new Boundary(graph, this.#constants, this.#host);
    this.#steps = graph.nodes.map((node): Step => {
      if (node.kind === 'random') return (memory) => runRandomNode(node, reader(memory), memory);
      const call = kernelCall(node, this.#host);
      return (memory) => call(reader(memory), memory);
    });
  }

  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[] {
    const memory = this.#boundary.enter(inputs, keys);
    try {
      this.#steps.forEach((step, i) => {
        step(memory);
        for (const buffer of this.#freed[i]) this.#free(buffer, memory);
      });
    } catch (error) {
      for (const { outputs } of this.graph.nodes)
        for (const { buffer } of outputs) this.#free(buffer, memory);
      throw error;
    }
    return this.#boundary.leave(memory);
  }

  #free(buffer: BufferId, memory: Memory): void {
    const dataId = memory.data[buffer];
    if (dataId !== null) this.#host.disposeData(dataId);
    memory.data[buffer] = null;
  }

  dispose(): void {
    for (const dataId of this.#constants.values()) this.#host.disposeData(dataId);
  }
}

function reader(memory: Memory): (view: View) => TensorInfo {
  return ({ buffer, shape, dtype }) => ({
    dataId: memory.data[buffer] as DataId,
    shape: shape as number[],
    dtype,
  });
}
