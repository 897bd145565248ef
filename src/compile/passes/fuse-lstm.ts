import { sizeOf, viewsRead, type Graph, type KernelNode, type Node, type View } from '../graph.js';
import { inputOf, partner, Surroundings } from './readers.js';

/** The nodes of one cell, and what takes their place. */
interface Match {
  readonly nodes: readonly KernelNode[];
  readonly cell: KernelNode;
}

/** The last axis as the stock and our kernels may be told it. */
function splitsLastAxis({ inputs, attributes }: KernelNode): boolean {
  const { shape } = inputs.x as View;
  return attributes.axis === shape.length - 1 || attributes.axis === -1;
}

/**
 * From four gates on: `c' = sigmoid(f + bias) * c + sigmoid(i) * tanh(g)`, `h = sigmoid(o) * tanh(c')`, nothing of which is read by others
 * but `c'` and `h`.
 */
function matchCell(split: KernelNode, near: Surroundings): Match | undefined {
  const [input, candidate, forget, output] = split.outputs as readonly (View | undefined)[];
  if (split.outputs.length !== 4 || input === undefined || output === undefined || !splitsLastAxis(split))
    return undefined;
  const biased = near.onlyReader(forget, 'Add');
  const forgetBias = biased === undefined ? 0 : near.scalar(partner(biased, forget as View));
  if (forgetBias === undefined) return undefined;
  const forgetGate = near.onlyReader(biased === undefined ? forget : biased.outputs[0], 'Sigmoid');
  const kept = near.onlyReader(forgetGate?.outputs[0], 'Multiply');
  const cell = kept && partner(kept, (forgetGate as KernelNode).outputs[0]);
  const inputGate = near.onlyReader(input, 'Sigmoid');
  const squashed = near.onlyReader(candidate, 'Tanh');
  const added = near.onlyReader(inputGate?.outputs[0], 'Multiply');
  const next = near.onlyReader(kept?.outputs[0], 'Add');
  const outputGate = near.onlyReader(output, 'Sigmoid');
  const hidden = near.onlyReader(outputGate?.outputs[0], 'Multiply');
  if (!cell || !inputGate || !squashed || !added || !next || !outputGate || !hidden || !kept || !forgetGate)
    return undefined;
  const nextCell = next.outputs[0];
  const curved = near.from(partner(hidden, outputGate.outputs[0]), 'Tanh');
  const fits =
    partner(added, inputGate.outputs[0])?.buffer === squashed.outputs[0].buffer &&
    near.onlyFrom(added.outputs[0], 'Multiply') === added &&
    near.onlyFrom(squashed.outputs[0], 'Tanh') === squashed &&
    partner(next, kept.outputs[0])?.buffer === added.outputs[0].buffer &&
    curved !== undefined &&
    near.onlyFrom(curved.outputs[0], 'Tanh') === curved &&
    inputOf(curved, 'x')?.buffer === nextCell.buffer &&
    sizeOf(cell.shape) === sizeOf(nextCell.shape) &&
    sizeOf(input.shape) === sizeOf(nextCell.shape);
  if (!fits) return undefined;
  const nodes = [split, ...(biased ? [biased] : []), forgetGate, kept, inputGate, squashed, added, next];
  return {
    nodes: [...nodes, outputGate, curved, hidden],
    cell: {
      kind: 'kernel',
      name: 'TankaLstmCell',
      inputs: { gates: split.inputs.x, cell },
      attributes: { forgetBias, hidden: input.shape.at(-1) ?? 1 },
      outputs: [nextCell, hidden.outputs[0]],
    },
  };
}

/** A cell with the product that its gates come from, where they come from `[x, h] · w + b` and nowhere else. */
function withProduct(match: Match, near: Surroundings): Match {
  const gates = match.cell.inputs.gates as View;
  const product = near.onlyFrom(gates, '_FusedMatMul', 'BatchMatMul');
  const joined = near.onlyFrom(inputOf(product, 'a'), 'Concat');
  const parts = joined === undefined ? [] : (Object.values(joined.inputs) as View[]);
  const w = inputOf(product, 'b');
  const bias = inputOf(product, 'bias');
  const { transposeA, transposeB, activation } = product?.attributes ?? {};
  const isPlain = transposeA === false && transposeB === false && (activation ?? 'linear') === 'linear';
  if (product === undefined || joined === undefined || w === undefined || parts.length !== 2 || !isPlain)
    return match;
  const [x, h] = parts;
  const hidden = match.cell.attributes.hidden as number;
  const inputs = x.shape.at(-1) ?? 1;
  const rows = sizeOf(h.shape) / hidden;
  const fits =
    h.shape.at(-1) === hidden &&
    sizeOf(x.shape) === rows * inputs &&
    sizeOf(w.shape) === (inputs + hidden) * 4 * hidden &&
    sizeOf(gates.shape) === rows * 4 * hidden;
  if (!fits) return match;
  return {
    nodes: [product, joined, ...match.nodes],
    cell: {
      ...match.cell,
      name: 'TankaLstmStep',
      inputs: { x, h, w, cell: match.cell.inputs.cell, ...(bias && { bias }) },
      attributes: { ...match.cell.attributes, inputs, rows },
    },
  };
}

/** Computes an LSTM cell in one pass over its gates, and its product without joining input and state. */
export function fuseLstm(graph: Graph): Graph {
  const near = new Surroundings(graph);
  const places = new Map<Node, number>(graph.nodes.map((node, i) => [node, i]));
  const placeOf = (node: Node): number => places.get(node) as number;
  const dropped = new Set<Node>();
  const replaced = new Map<Node, KernelNode>();
  for (const node of graph.nodes) {
    if (node.kind !== 'kernel' || node.name !== 'SplitV') continue;
    const cell = matchCell(node, near);
    if (cell === undefined) continue;
    const match = withProduct(cell, near);
    // At the place of the last of them all inputs are there, but the new cell must not be read before.
    const last = match.nodes.reduce((a, b) => (placeOf(a) > placeOf(b) ? a : b));
    const [nextCell] = match.cell.outputs;
    const isReadBefore = graph.nodes
      .slice(placeOf(node), placeOf(last))
      .some(
        (one) =>
          !match.nodes.includes(one as KernelNode) &&
          viewsRead(one).some(({ buffer }) => buffer === nextCell.buffer),
      );
    if (isReadBefore) continue;
    match.nodes.forEach((one) => dropped.add(one));
    replaced.set(last, match.cell);
  }
  if (replaced.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => replaced.get(node) ?? (dropped.has(node) ? [] : [node]));
  return { ...graph, nodes };
}
