import {
  backend,
  engine,
  getBackend,
  getKernel,
  Tensor,
  tidy,
  type DataType,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import type { PRNGKey } from '../random/key.js';
import { isKey } from '../random/key.js';
import { flatten } from '../tree/tree.js';
import type { BufferId, Graph, KernelNode, Node, RandomNode, View } from './graph.js';
import { buffersFreedAfter } from './liveness.js';

type DataId = TensorInfo['dataId'];

/** What a step of a plan reads and writes. */
interface Memory {
  /** Where the values of each buffer are. */
  readonly data: (DataId | null)[];
  readonly keys: (PRNGKey | null)[];
}

type Step = (memory: Memory) => void;

function info(memory: Memory, { buffer, shape, dtype }: View): TensorInfo {
  return { dataId: memory.data[buffer] as DataId, shape: shape as number[], dtype };
}

/** A step that calls the kernel which the backend has under the node's name. */
function kernelStep(node: KernelNode, host: KernelBackend): Step {
  const config = getKernel(node.name, getBackend());
  const entries = Object.entries(node.inputs);
  const attrs = node.attributes as NamedAttrMap;
  return (memory) => {
    const inputs: Record<string, TensorInfo | TensorInfo[]> = {};
    for (const [name, input] of entries) {
      inputs[name] = 'buffer' in input ? info(memory, input) : input.map((view) => info(memory, view));
    }
    const made = config.kernelFunc({ inputs: inputs as NamedTensorInfoMap, attrs, backend: host });
    const outputs = Array.isArray(made) ? made : [made];
    node.outputs.forEach((view, i) => (memory.data[view.buffer] = outputs[i].dataId));
  };
}

/** A step that runs a random operation again, with the keys of this call. */
function randomStep(node: RandomNode): Step {
  return (memory) => {
    const tensors = node.tensors.map((view) => engine().makeTensorFromTensorInfo(info(memory, view)));
    tensors.forEach((tensor) => backend().incRef(tensor.dataId));
    const keys = node.keys.map((key) => memory.keys[key] as PRNGKey);
    const result = tidy(() => node.operation.run({ keys, tensors, attributes: node.attributes }) as Tensor);
    tensors.forEach((tensor) => tensor.dispose());
    let tensor = 0;
    let key = 0;
    for (const leaf of flatten<unknown>(result)[0]) {
      if (isKey(leaf)) {
        memory.keys[node.outputKeys[key++]] = leaf;
      } else if (isTensor(leaf)) {
        // The plan takes the values over from the tensor, whose handle goes.
        backend().incRef(leaf.dataId);
        memory.data[node.outputs[tensor++].buffer] = leaf.dataId;
        leaf.dispose();
        engine().removeDataId(leaf.dataId, backend());
      }
    }
  };
}

function step(node: Node, host: KernelBackend): Step {
  return node.kind === 'random' ? randomStep(node) : kernelStep(node, host);
}

function bytesOf(dtype: DataType): number {
  return dtype === 'bool' ? 1 : 4;
}

/** A graph made ready to run on the backend that was current when it was made. */
export class Plan {
  readonly #host: KernelBackend;
  readonly #backendName: string;
  readonly #steps: readonly Step[];
  /** For each step the buffers that nobody reads after it. */
  readonly freed: readonly BufferId[][];
  readonly #constants: readonly (readonly [BufferId, DataId])[];
  #disposed = false;

  constructor(readonly graph: Graph) {
    this.#host = backend();
    this.#backendName = getBackend();
    this.#steps = graph.nodes.map((node) => step(node, this.#host));
    this.freed = buffersFreedAfter(graph);
    // Written to the backend directly: constants belong to the plan and are not tensors of the user.
    this.#constants = [...graph.constants].map(([buffer, { view, values }]) => [
      buffer,
      this.#host.write(values.slice(), view.shape as number[], view.dtype),
    ]);
  }

  /** Bytes that the plan's constants take. */
  get constantBytes(): number {
    return [...this.graph.constants.values()].reduce(
      (sum, { view, values }) => sum + values.length * bytesOf(view.dtype),
      0,
    );
  }

  /** True while the backend that the plan was made for is the current one. */
  get isUsable(): boolean {
    return !this.#disposed && getBackend() === this.#backendName;
  }

  /** Runs the plan; the tensors of the result are the caller's. */
  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[] {
    const { graph } = this;
    const memory: Memory = { data: new Array<DataId | null>(graph.bufferCount).fill(null), keys: [] };
    for (const [buffer, dataId] of this.#constants) memory.data[buffer] = dataId;
    graph.inputs.forEach(({ buffer }, i) => (memory.data[buffer] = inputs[i].dataId));
    for (const [key, value] of graph.constantKeys) memory.keys[key] = value;
    graph.inputKeys.forEach((key, i) => (memory.keys[key] = keys[i]));
    this.#steps.forEach((run, i) => {
      run(memory);
      for (const buffer of this.freed[i]) this.#free(memory, buffer);
    });
    return this.#results(memory);
  }

  #free(memory: Memory, buffer: BufferId): void {
    const dataId = memory.data[buffer];
    if (dataId !== null) this.#host.disposeData(dataId);
    memory.data[buffer] = null;
  }

  #results(memory: Memory): unknown[] {
    const { graph } = this;
    const lent = new Set<BufferId>([...graph.inputs.map((view) => view.buffer), ...graph.constants.keys()]);
    const results = graph.results.map((leaf) => {
      if (leaf.kind === 'static') return leaf.value;
      if (leaf.kind === 'key') return (memory.keys[leaf.key] as PRNGKey).slice();
      // Values that are an argument's, a constant's or another result's as well are counted once more, as a clone's are.
      if (lent.has(leaf.view.buffer)) this.#host.incRef(memory.data[leaf.view.buffer] as DataId);
      lent.add(leaf.view.buffer);
      return engine().makeTensorFromTensorInfo(info(memory, leaf.view));
    });
    return results;
  }

  /** Frees the plan's constants. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const [, dataId] of this.#constants) this.#host.disposeData(dataId);
  }
}
