import { sizeOf, type BufferId, type Graph, type KernelNode, type Node, type View } from '../graph.js';
import { readCounts, writers } from './readers.js';

/** Kernels that have a twin which adds a bias and applies an activation while the result is at hand. */
const FUSED: Readonly<Record<string, string>> = {
  BatchMatMul: '_FusedMatMul',
  Conv2D: 'FusedConv2D',
  DepthwiseConv2dNative: 'FusedDepthwiseConv2D',
};

/** The activations that its loops apply. */
export const ACTIVATIONS: Readonly<Record<string, string>> = { Relu: 'relu', Relu6: 'relu6' };

/** The fused kernels of TensorFlow.js know one batch axis. */
function withOneBatchAxis(view: View): View {
  const [rows, columns] = view.shape.slice(-2);
  return { ...view, shape: [sizeOf(view.shape.slice(0, -2)), rows, columns] };
}

/** A product or convolution as the kernel that has an epilogue. */
export function asFused(node: KernelNode): KernelNode {
  if (node.name in FUSED) {
    const attributes = { ...node.attributes, activation: 'linear', leakyreluAlpha: null };
    if (node.name !== 'BatchMatMul') return { ...node, name: FUSED[node.name], attributes };
    const { a, b } = node.inputs as { a: View; b: View };
    const outputs = node.outputs.map(withOneBatchAxis);
    return {
      ...node,
      name: '_FusedMatMul',
      attributes,
      inputs: { a: withOneBatchAxis(a), b: withOneBatchAxis(b) },
      outputs,
    };
  }
  return node;
}

/** True for a product or convolution that an epilogue can follow. */
export function isProduct(node: Node | undefined): node is KernelNode {
  if (node?.kind !== 'kernel') return false;
  if (node.name === 'BatchMatMul') {
    const { a, b } = node.inputs as { a: View; b: View };
    return sizeOf(a.shape.slice(0, -2)) === sizeOf(b.shape.slice(0, -2));
  }
  // A channels-first convolution has its channels elsewhere than on the last axis.
  return (
    (node.name in FUSED && node.attributes.dataFormat !== 'NCHW') ||
    (Object.values(FUSED).includes(node.name) && node.attributes.activation === 'linear')
  );
}

/** True when `bias` is one value for each entry of the last axis of `product`, which `sum` may see in another shape. */
function isBiasOf(bias: View, product: KernelNode, sum: View): boolean {
  const [{ shape }] = product.outputs;
  const channels = shape[shape.length - 1];
  return (
    sizeOf(bias.shape) === channels &&
    bias.shape[bias.shape.length - 1] === channels &&
    sizeOf(sum.shape) === sizeOf(shape) &&
    sum.shape[sum.shape.length - 1] === channels
  );
}

/** Computes a bias and an activation that follow a product or convolution in its own kernel. */
export function fuseEpilogues(graph: Graph): Graph {
  const counts = readCounts(graph);
  const written = writers(graph);
  const replaced = new Map<Node, KernelNode | null>();
  const producer = (buffer: BufferId): KernelNode | undefined => {
    const node = written.get(buffer);
    const current = node === undefined ? undefined : (replaced.get(node) ?? node);
    return counts.get(buffer) === 1 && isProduct(current) ? current : undefined;
  };
  /** Puts `fused` in the place of the later of two nodes; the earlier one goes. */
  const join = (product: KernelNode, later: KernelNode, fused: KernelNode): void => {
    for (const [node, current] of [...replaced, [product, product] as const])
      if (current === product) replaced.set(node, null);
    const output = { ...fused.outputs[0], buffer: later.outputs[0].buffer };
    const node = { ...fused, outputs: [output] };
    replaced.set(later, node);
    written.set(output.buffer, later);
  };
  for (const node of graph.nodes) {
    if (node.kind !== 'kernel') continue;
    if (node.name === 'Add') {
      const { a, b } = node.inputs as { a: View; b: View };
      for (const [value, bias] of [
        [a, b],
        [b, a],
      ]) {
        const product = producer(value.buffer);
        if (product === undefined || product.inputs.bias !== undefined) continue;
        if (!isBiasOf(bias, product, node.outputs[0])) continue;
        const fused = asFused(product);
        const flat = { ...bias, shape: [sizeOf(bias.shape)] };
        join(product, node, { ...fused, inputs: { ...fused.inputs, bias: flat } });
        break;
      }
    } else if (node.name in ACTIVATIONS) {
      const product = producer((node.inputs.x as View).buffer);
      if (product === undefined) continue;
      const fused = asFused(product);
      join(product, node, {
        ...fused,
        attributes: { ...fused.attributes, activation: ACTIVATIONS[node.name] },
      });
    }
  }
  const nodes = graph.nodes.flatMap((node) => {
    const now = replaced.get(node);
    return now === null ? [] : [now ?? node];
  });
  return { ...graph, nodes };
}
