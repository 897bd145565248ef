import { sizeOf, type Graph, type KernelNode, type Node, type View } from '../graph.js';
import { kernelNode, Surroundings } from './rewrite.js';

const STEPS = ['TankaLstmStep', 'TankaGruStep', 'TankaGruAfterStep'];

/** Fewer steps are not worth the memory of all their projections. */
const FEWEST = 4;

/** Steps whose inputs are parts of one tensor and meet the same weights. */
interface Unrolled {
  readonly source: View;
  readonly steps: { readonly node: KernelNode; readonly index: number }[];
}

/**
 * Multiplies the inputs of all steps of a recurrent unroll by their weights at once: one product of many rows instead of many of few.
 * Only what depends on the state is left to the steps.
 */
export function hoistProjections(graph: Graph): Graph {
  const near = new Surroundings(graph);
  const unrolled = new Map<string, Unrolled>();
  for (const node of graph.nodes) {
    if (node.kind !== 'kernel' || !STEPS.includes(node.name)) continue;
    const { x, w, bias } = node.inputs as { x: View; w: View; bias?: View };
    const unpacked = near.from(x, 'Unpack');
    if (unpacked?.attributes.axis !== 0) continue;
    const source = unpacked.inputs.value as View;
    const index = unpacked.outputs.findIndex(({ buffer }) => buffer === x.buffer);
    const name = [source.buffer, w.buffer, bias?.buffer].join();
    const group = unrolled.get(name) ?? { source, steps: [] };
    group.steps.push({ node, index });
    unrolled.set(name, group);
  }
  const before = new Map<Node, KernelNode>();
  const replaced = new Map<Node, KernelNode>();
  let bufferCount = graph.bufferCount;
  for (const { source, steps } of unrolled.values()) {
    if (steps.length < FEWEST) continue;
    const [{ node: first }] = steps;
    const { w, bias } = first.inputs as { w: View; bias?: View };
    const { inputs, width, rows } = first.attributes as { inputs: number; width: number; rows: number };
    const count = sizeOf(source.shape) / inputs;
    const projected: View = { buffer: bufferCount++, shape: [1, count, width], dtype: 'float32' };
    before.set(
      first,
      kernelNode(
        '_FusedMatMul',
        {
          a: { ...source, shape: [1, count, inputs] },
          // The first rows of the weights are those of the inputs.
          b: { ...w, shape: [1, inputs, width] },
          bias,
        },
        { transposeA: false, transposeB: false, activation: 'linear', leakyreluAlpha: null },
        [projected],
      ),
    );
    for (const { node, index } of steps) {
      const { x: _x, bias: _bias, ...rest } = node.inputs;
      replaced.set(node, {
        ...node,
        inputs: { ...rest, projected },
        attributes: { ...node.attributes, row: index * rows },
      });
    }
  }
  if (replaced.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    const ahead = before.get(node);
    return [...(ahead ? [ahead] : []), replaced.get(node) ?? node];
  });
  return { ...graph, nodes, bufferCount };
}
