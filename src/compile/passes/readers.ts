import { resultViews, viewsRead, type BufferId, type Graph, type Node } from '../graph.js';

/** How often each buffer is read, results included: a buffer that is read once may be computed in its reader. */
export function readCounts(graph: Graph): Map<BufferId, number> {
  const counts = new Map<BufferId, number>();
  for (const { buffer } of [...graph.nodes.flatMap(viewsRead), ...resultViews(graph)]) {
    counts.set(buffer, (counts.get(buffer) ?? 0) + 1);
  }
  return counts;
}

/** The node that writes each buffer. */
export function writers(graph: Graph): Map<BufferId, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((view) => [view.buffer, node] as const)));
}
