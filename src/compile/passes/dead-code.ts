import { resultViews, viewsRead, type Graph } from '../graph.js';

/** Drops nodes whose buffers and keys nobody reads. */
export function removeDeadCode(graph: Graph): Graph {
  const buffers = new Set(resultViews(graph).map((view) => view.buffer));
  const keys = new Set(graph.results.flatMap((leaf) => (leaf.kind === 'key' ? [leaf.key] : [])));
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      const read =
        node.outputs.some((view) => buffers.has(view.buffer)) ||
        (node.kind === 'random' && node.outputKeys.some((key) => keys.has(key)));
      if (!read) return false;
      for (const view of viewsRead(node)) buffers.add(view.buffer);
      if (node.kind === 'random') for (const key of node.keys) keys.add(key);
      return true;
    })
    .reverse();
  const constants = new Map([...graph.constants].filter(([buffer]) => buffers.has(buffer)));
  return { ...graph, nodes, constants };
}
