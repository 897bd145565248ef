import { resultViews, viewsRead, type BufferId, type Graph } from './graph.js';

/**
 * For each node, the buffers that no later node and no result reads: their memory is free again after it.
 * Inputs and constants are not the plan's to free and are left out.
 */
export function buffersFreedAfter(graph: Graph): BufferId[][] {
  const kept = new Set([
    ...graph.inputs.map((view) => view.buffer),
    ...graph.constants.keys(),
    ...resultViews(graph).map((view) => view.buffer),
  ]);
  const freed: BufferId[][] = graph.nodes.map(() => []);
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    for (const { buffer } of [...viewsRead(node), ...node.outputs]) {
      if (kept.has(buffer)) continue;
      kept.add(buffer);
      freed[i].push(buffer);
    }
  }
  return freed;
}
