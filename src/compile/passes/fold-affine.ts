import {
  sizeOf,
  type BufferId,
  type ConstantValues,
  type Graph,
  type KernelNode,
  type Node,
  type View,
} from '../graph.js';
import { readCounts, writers } from './readers.js';

/** Where a product or convolution has its weights, and how many consecutive weights belong to one output channel group. */
const WEIGHTS: Readonly<Record<string, string>> = {
  BatchMatMul: 'b',
  Conv2D: 'filter',
  DepthwiseConv2dNative: 'filter',
};

interface Affine {
  readonly node: KernelNode;
  /** Factor and summand of each output channel. */
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

function isFoldable(node: Node | undefined, constants: Graph['constants']): node is KernelNode {
  if (node?.kind !== 'kernel' || !(node.name in WEIGHTS)) return false;
  if (node.attributes.dataFormat === 'NCHW' || node.attributes.transposeB === true) return false;
  const weights = node.inputs[WEIGHTS[node.name]] as View;
  // A batch of matrices would need a scale for each.
  return (
    constants.has(weights.buffer) && (node.name !== 'BatchMatMul' || sizeOf(weights.shape.slice(0, -2)) === 1)
  );
}

/** The values of a constant that has one for each channel, or one for all. */
function perChannel(view: View, channels: number, constants: Graph['constants']): Float64Array | undefined {
  const values = constants.get(view.buffer)?.values;
  const size = sizeOf(view.shape);
  if (values === undefined || view.dtype !== 'float32') return undefined;
  if (size === 1) return new Float64Array(channels).fill(values[0]);
  return size === channels && view.shape[view.shape.length - 1] === channels
    ? new Float64Array(values)
    : undefined;
}

/** What a node does to the channels of its other operand, if that is all it does. */
function stepOf(
  node: KernelNode,
  channels: number,
  constants: Graph['constants'],
):
  | { value: View; scale: (s: number, c: number) => number; offset: (o: number, c: number) => number }
  | undefined {
  const { a, b } = node.inputs as { a: View; b: View };
  if (!['Add', 'Sub', 'Multiply'].includes(node.name)) return undefined;
  const orders = [[a, b]];
  if (node.name !== 'Sub') orders.push([b, a]);
  for (const [value, other] of orders) {
    const by = perChannel(other, channels, constants);
    if (by === undefined) continue;
    if (sizeOf(value.shape) !== sizeOf(node.outputs[0].shape) || value.shape.at(-1) !== channels) continue;
    if (node.name === 'Multiply') return { value, scale: (s, c) => s * by[c], offset: (o, c) => o * by[c] };
    const sign = node.name === 'Add' ? 1 : -1;
    return { value, scale: (s) => s, offset: (o, c) => o + sign * by[c] };
  }
  return undefined;
}

/**
 * Moves constant factors and summands of each channel behind a product or convolution with constant weights (a batch norm at
 * inference) into the weights and one bias. Reorders arithmetic: results agree to rounding.
 */
export function foldAffine(graph: Graph): Graph {
  const counts = readCounts(graph);
  const written = writers(graph);
  const constants = new Map(graph.constants);
  let bufferCount = graph.bufferCount;
  const chains = new Map<BufferId, Affine>();
  const dropped = new Set<Node>();
  // Layers that are used many times (the steps of an unroll) share what is made of their weights.
  const made = new Map<string, View>();

  const constant = (name: string, shape: readonly number[], values: () => ConstantValues): View => {
    let view = made.get(name);
    if (view === undefined) {
      made.set(name, (view = { buffer: bufferCount++, shape, dtype: 'float32' }));
      constants.set(view.buffer, { view, values: values() });
    }
    return view;
  };
  const scaledWeights = (weights: View, scale: Float64Array): View => {
    if (scale.every((factor) => factor === 1)) return weights;
    return constant(`${weights.buffer} * ${scale.join()}`, weights.shape, () => {
      const { values } = constants.get(weights.buffer) as { values: ConstantValues };
      // The channels lie on the last axis of the weights, of a depthwise filter on the last two.
      const scaled = new Float32Array(values);
      for (let row = 0; row < scaled.length; row += scale.length)
        for (let c = 0; c < scale.length; c++) scaled[row + c] *= scale[c];
      return scaled;
    });
  };
  const startOf = (view: View, channels: number): Affine | undefined => {
    if (counts.get(view.buffer) !== 1) return undefined;
    const known = chains.get(view.buffer);
    // Seen in another shape, its channels are others.
    if (known !== undefined) return known.scale.length === channels ? known : undefined;
    const node = written.get(view.buffer);
    if (!isFoldable(node, constants) || node.outputs[0].shape.at(-1) !== channels) return undefined;
    return { node, scale: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
  };

  for (const node of graph.nodes) {
    if (node.kind !== 'kernel') continue;
    const channels = node.outputs[0]?.shape.at(-1);
    if (channels === undefined) continue;
    const step = stepOf(node, channels, constants);
    const chain = step && startOf(step.value, channels);
    if (step === undefined || chain === undefined) continue;
    dropped.add(written.get(step.value.buffer) as Node);
    chains.delete(step.value.buffer);
    chains.set(node.outputs[0].buffer, {
      node: chain.node,
      scale: chain.scale.map(step.scale),
      offset: chain.offset.map(step.offset),
    });
  }

  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (dropped.has(node)) return [];
    const chain = node.kind === 'kernel' ? chains.get(node.outputs[0]?.buffer) : undefined;
    if (chain === undefined) return [node];
    const { node: product, scale, offset } = chain;
    const name = WEIGHTS[product.name];
    const inputs = { ...product.inputs, [name]: scaledWeights(product.inputs[name] as View, scale) };
    const out = node.outputs[0];
    const between: View = { ...product.outputs[0], buffer: bufferCount++ };
    const bias = constant(`+ ${offset.join()}`, [offset.length], () => Float32Array.from(offset));
    return [
      { ...product, inputs, outputs: [between] },
      {
        kind: 'kernel',
        name: 'Add',
        inputs: { a: { ...between, shape: out.shape }, b: bias },
        attributes: {},
        outputs: [out],
      },
    ];
  });
  return { ...graph, nodes, constants, bufferCount };
}
