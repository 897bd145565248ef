import { backend, getBackend, getKernel, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import {
  kernelInputs,
  viewsRead,
  type BufferId,
  type ConstantValues,
  type Graph,
  type KernelNode,
  type Node,
  type View,
} from '../graph.js';

/** Kernels whose result is not decided by their inputs and attributes. */
const IMPURE = new Set(['Multinomial']);

/** Computes, once, the nodes that depend on constants alone. */
export function foldConstants(graph: Graph): Graph {
  const host = backend();
  const data = new Map<BufferId, TensorInfo['dataId']>();
  const constants = new Map(graph.constants);
  const info = ({ buffer, shape, dtype }: View): TensorInfo => {
    let dataId = data.get(buffer);
    if (dataId === undefined) {
      const { view, values } = constants.get(buffer) as { view: View; values: ConstantValues };
      data.set(buffer, (dataId = host.write(values.slice(), view.shape as number[], view.dtype)));
    }
    return { dataId, shape: shape as number[], dtype };
  };
  const compute = (node: KernelNode): void => {
    const made = getKernel(node.name, getBackend()).kernelFunc({
      inputs: kernelInputs(node, info),
      attrs: node.attributes as NamedAttrMap,
      backend: host,
    });
    const outputs = Array.isArray(made) ? made : [made];
    node.outputs.forEach((view, i) => {
      data.set(view.buffer, outputs[i].dataId);
      constants.set(view.buffer, { view, values: host.readSync(outputs[i].dataId) as ConstantValues });
    });
  };
  const isConstant = (node: Node): node is KernelNode =>
    node.kind === 'kernel' &&
    !IMPURE.has(node.name) &&
    viewsRead(node).every((view) => constants.has(view.buffer));

  const nodes: Node[] = [];
  try {
    for (const node of graph.nodes) {
      if (isConstant(node)) compute(node);
      else nodes.push(node);
    }
  } finally {
    for (const dataId of data.values()) host.disposeData(dataId);
  }
  return { ...graph, nodes, constants };
}
