import { mapInputs, type BufferId, type Graph, type KernelNode, type Node, type View } from '../graph.js';

/** Kernels that give other values on equal inputs. */
const IMPURE = new Set(['Multinomial']);

/** A text that is equal for calls that give equal results. */
function fingerprint(node: KernelNode): string {
  const inputs = Object.entries(node.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    node.name,
    inputs,
    node.attributes,
    node.outputs.map(({ shape, dtype }) => [shape, dtype]),
  ]);
}

/** Equal constants of few values, as the same scalar written twice gives them, become one. */
function mergedConstants(graph: Graph): Map<BufferId, BufferId> {
  const first = new Map<string, BufferId>();
  const merged = new Map<BufferId, BufferId>();
  for (const [buffer, { view, values }] of graph.constants) {
    if (values.length > 16) continue;
    // JSON cannot tell -0 from 0, nor NaN from null.
    const text = `${view.dtype}:${Array.from(values, (value) => (Object.is(value, -0) ? '-0' : String(value))).join()}`;
    const known = first.get(text);
    if (known === undefined) first.set(text, buffer);
    else merged.set(buffer, known);
  }
  return merged;
}

/** Computes equal kernel calls once. */
export function mergeCommonSubexpressions(graph: Graph): Graph {
  const renamed = mergedConstants(graph);
  const rename = (view: View): View => {
    const buffer = renamed.get(view.buffer);
    return buffer === undefined ? view : { ...view, buffer };
  };
  const seen = new Map<string, KernelNode>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (node.kind === 'random') {
      nodes.push({ ...node, tensors: node.tensors.map(rename) });
      continue;
    }
    const call = mapInputs(node, rename);
    const text = IMPURE.has(node.name) ? undefined : fingerprint(call);
    const earlier = text === undefined ? undefined : seen.get(text);
    if (earlier === undefined) {
      if (text !== undefined) seen.set(text, call);
      nodes.push(call);
    } else {
      call.outputs.forEach((view, i) => renamed.set(view.buffer, earlier.outputs[i].buffer));
    }
  }
  const results = graph.results.map((leaf) =>
    leaf.kind === 'tensor' ? { ...leaf, view: rename(leaf.view) } : leaf,
  );
  return { ...graph, nodes, results };
}
