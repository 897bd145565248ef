import {
  backend,
  engine,
  getBackend,
  getKernel,
  tidy,
  type KernelBackend,
  type NamedAttrMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { isKey, type PRNGKey } from '../random/key.js';
import { leaves } from '../tree/tree.js';
import {
  kernelInputs,
  sizeOf,
  type BufferId,
  type Graph,
  type KernelNode,
  type RandomNode,
  type View,
} from './graph.js';
import { invalidGraph } from './invalid-graph.js';

/** What the backend knows values by. */
export type DataId = TensorInfo['dataId'];

/** Values while a program runs. */
export interface Memory {
  /** The backend's name for each buffer's values; `null` for buffers that have none now, or only an address. */
  readonly data: (DataId | null)[];
  readonly keys: (PRNGKey | null)[];
}

/** A graph made ready to run on a backend. */
export interface Program {
  /** Bytes of memory that the program holds for buffers between its steps. */
  readonly arenaBytes: number;
  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[];
  dispose(): void;
}

/** Writes a graph's constants to the backend: they belong to the program and are not tensors of the user. */
export function writeConstants(graph: Graph, host: KernelBackend): Map<BufferId, DataId> {
  return new Map(
    [...graph.constants].map(([buffer, { view, values }]) => [
      buffer,
      host.write(values.slice(), view.shape as number[], view.dtype),
    ]),
  );
}

/** The program takes the values over: from a tensor, as some kernels of the CPU backend make, whose handle goes. */
function takeValues(made: TensorInfo, host: KernelBackend): DataId {
  const { dataId } = made;
  if (isTensor(made)) {
    host.incRef(dataId);
    made.dispose();
    engine().removeDataId(dataId, host);
  }
  return dataId;
}

/** A function that calls the kernel which the backend has under the node's name and keeps what it makes. */
export function kernelCall(
  node: KernelNode,
  host: KernelBackend,
): (read: (view: View) => TensorInfo, memory: Memory) => void {
  const config = getKernel(node.name, getBackend());
  const attrs = node.attributes as NamedAttrMap;
  return (read, memory) => {
    const made = config.kernelFunc({ inputs: kernelInputs(node, read), attrs, backend: host });
    const outputs = Array.isArray(made) ? made : [made];
    const fits =
      outputs.length === node.outputs.length &&
      node.outputs.every(
        ({ shape, dtype }, i) => dtype === outputs[i].dtype && sizeOf(shape) === sizeOf(outputs[i].shape),
      );
    if (!fits) {
      for (const { dataId } of outputs) host.disposeData(dataId);
      throw invalidGraph(`the operation ${node.name} gives other shapes than it says`);
    }
    node.outputs.forEach((view, i) => (memory.data[view.buffer] = takeValues(outputs[i], host)));
  };
}

/** Runs a random operation again, with the keys of this call, and keeps what it makes. */
export function runRandomNode(node: RandomNode, read: (view: View) => TensorInfo, memory: Memory): void {
  const host = backend();
  const tensors = node.tensors.map((view) => {
    const info = read(view);
    host.incRef(info.dataId);
    return engine().makeTensorFromTensorInfo(info);
  });
  const keys = node.keys.map((key) => memory.keys[key] as PRNGKey);
  const result = tidy(() => node.operation.run({ keys, tensors, attributes: node.attributes }) as Tensor);
  tensors.forEach((tensor) => tensor.dispose());
  let tensor = 0;
  let key = 0;
  for (const leaf of leaves<unknown>(result)) {
    if (isKey(leaf)) {
      memory.keys[node.outputKeys[key++]] = leaf;
    } else if (isTensor(leaf)) {
      memory.data[node.outputs[tensor++].buffer] = takeValues(leaf, host);
    }
  }
}

/** The way into a program and out of it, prepared for many calls. */
export class Boundary {
  readonly #data: readonly (DataId | null)[];
  readonly #keys: readonly (PRNGKey | null)[];
  /** For each result whether its values are an argument's, a constant's or another result's as well. */
  readonly #shared: readonly boolean[];

  constructor(
    private readonly graph: Graph,
    constants: ReadonlyMap<BufferId, DataId>,
    private readonly host: KernelBackend,
  ) {
    const data = new Array<DataId | null>(graph.bufferCount).fill(null);
    for (const [buffer, dataId] of constants) data[buffer] = dataId;
    this.#data = data;
    const keys: (PRNGKey | null)[] = [];
    for (const [key, value] of graph.constantKeys) keys[key] = value;
    this.#keys = keys;
    const lent = new Set<BufferId>([...graph.inputs.map((view) => view.buffer), ...constants.keys()]);
    this.#shared = graph.results.map((leaf) => {
      if (leaf.kind !== 'tensor') return false;
      const { buffer } = leaf.view;
      const isShared = lent.has(buffer);
      lent.add(buffer);
      return isShared;
    });
  }

  /** Memory with the inputs, constants and keys of one call in it. */
  enter(inputs: readonly Tensor[], keys: readonly PRNGKey[]): Memory {
    const { graph } = this;
    const memory: Memory = { data: this.#data.slice(), keys: this.#keys.slice() };
    for (let i = 0; i < inputs.length; i++) memory.data[graph.inputs[i].buffer] = inputs[i].dataId;
    for (let i = 0; i < keys.length; i++) memory.keys[graph.inputKeys[i]] = keys[i];
    return memory;
  }

  /** The results of a call; their tensors are the caller's. */
  leave(memory: Memory): unknown[] {
    return this.graph.results.map((leaf, i) => {
      if (leaf.kind === 'static') return leaf.value;
      if (leaf.kind === 'key') return (memory.keys[leaf.key] as PRNGKey).slice();
      const { buffer, shape, dtype } = leaf.view;
      const dataId = memory.data[buffer] as DataId;
      // Counted once more, as a clone's values are.
      if (this.#shared[i]) this.host.incRef(dataId);
      return engine().makeTensorFromTensorInfo({ dataId, shape: shape as number[], dtype });
    });
  }
}
