import {
  resultViews,
  viewsRead,
  type BufferId,
  type Graph,
  type KernelNode,
  type Node,
  type View,
} from '../graph.js';

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

/** Who writes and reads what: for passes that look for a pattern of nodes. */
export class Surroundings {
  readonly #counts: Map<BufferId, number>;
  readonly #writers: Map<BufferId, Node>;
  readonly #readers = new Map<BufferId, KernelNode>();

  constructor(private readonly graph: Graph) {
    this.#counts = readCounts(graph);
    this.#writers = writers(graph);
    for (const node of graph.nodes)
      if (node.kind === 'kernel') for (const { buffer } of viewsRead(node)) this.#readers.set(buffer, node);
  }

  /** The node of this kernel that writes a view, if nobody else reads what it writes. */
  onlyFrom(view: View | undefined, ...names: readonly string[]): KernelNode | undefined {
    return view !== undefined && this.#counts.get(view.buffer) === 1 ? this.from(view, ...names) : undefined;
  }

  /** The node of this kernel that writes a view. */
  from(view: View | undefined, ...names: readonly string[]): KernelNode | undefined {
    const node = view && this.#writers.get(view.buffer);
    return node?.kind === 'kernel' && names.includes(node.name) ? node : undefined;
  }

  /** The node of this kernel that reads a view, if it is the only one. */
  onlyReader(view: View | undefined, ...names: readonly string[]): KernelNode | undefined {
    if (view === undefined || this.#counts.get(view.buffer) !== 1) return undefined;
    const node = this.#readers.get(view.buffer);
    return node !== undefined && names.includes(node.name) ? node : undefined;
  }

  /** The value of a constant that has one. */
  scalar(view: View | undefined): number | undefined {
    const values = view && this.graph.constants.get(view.buffer)?.values;
    return values?.length === 1 ? values[0] : undefined;
  }
}

/** An input that is one tensor. */
export function inputOf(node: KernelNode | undefined, name: string): View | undefined {
  const input = node?.inputs[name];
  return input !== undefined && 'buffer' in input ? input : undefined;
}

/** The other operand of a node of two. */
export function partner(node: KernelNode | undefined, operand: View): View | undefined {
  const [a, b] = [inputOf(node, 'a'), inputOf(node, 'b')];
  return a?.buffer === operand.buffer ? b : b?.buffer === operand.buffer ? a : undefined;
}
