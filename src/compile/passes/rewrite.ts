import { viewsRead, type BufferId, type Graph, type KernelNode, type Node, type View } from '../graph.js';
import { readCounts, writers } from './readers.js';

/** Nodes that one node takes the place of. */
export interface Match {
  readonly nodes: readonly KernelNode[];
  readonly made: KernelNode;
}

/** Who writes and reads what: for passes that look for a pattern of nodes. */
export class Surroundings {
  readonly constants: Map<BufferId, { readonly view: View; readonly values: Float32Array }>;
  bufferCount: number;
  readonly #counts: Map<BufferId, number>;
  readonly #writers: Map<BufferId, Node>;
  /** All nodes that read a buffer, once for each time. */
  readonly #readers = new Map<BufferId, Node[]>();
  readonly #places: Map<Node, number>;

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants) as typeof this.constants;
    this.bufferCount = graph.bufferCount;
    this.#counts = readCounts(graph);
    this.#writers = writers(graph);
    this.#places = new Map(graph.nodes.map((node, i) => [node, i]));
    for (const node of graph.nodes) {
      for (const { buffer } of viewsRead(node)) {
        const known = this.#readers.get(buffer);
        if (known === undefined) this.#readers.set(buffer, [node]);
        else known.push(node);
      }
    }
  }

  /** The node that writes a view, if it is a kernel of one of these names. */
  from(view: View | undefined, ...names: readonly string[]): KernelNode | undefined {
    const node = view && this.#writers.get(view.buffer);
    return node?.kind === 'kernel' && (names.length === 0 || names.includes(node.name)) ? node : undefined;
  }

  /** {@link from}, if nobody else reads what it writes. */
  onlyFrom(view: View | undefined, ...names: readonly string[]): KernelNode | undefined {
    return view !== undefined && this.#counts.get(view.buffer) === 1 ? this.from(view, ...names) : undefined;
  }

  /** The kernels that read a view. */
  readers(view: View | undefined): readonly KernelNode[] {
    const nodes = view && this.#readers.get(view.buffer);
    return [...new Set(nodes)].filter((node) => node.kind === 'kernel');
  }

  /** The node of this kernel that reads a view, if it is the only one. */
  onlyReader(view: View | undefined, ...names: readonly string[]): KernelNode | undefined {
    if (view === undefined || this.#counts.get(view.buffer) !== 1) return undefined;
    const [node] = this.readers(view);
    return node !== undefined && names.includes(node.name) ? node : undefined;
  }

  /** The value of a constant that has one. */
  scalar(view: View | undefined): number | undefined {
    const values = view && this.constants.get(view.buffer)?.values;
    return values?.length === 1 ? values[0] : undefined;
  }

  /** A new buffer. */
  view(shape: readonly number[]): View {
    return { buffer: this.bufferCount++, shape, dtype: 'float32' };
  }

  /** A new constant of equal values. */
  filled(length: number, value: number): View {
    const view = this.view([length]);
    this.constants.set(view.buffer, { view, values: new Float32Array(length).fill(value) });
    return view;
  }

  placeOf(node: Node): number {
    return this.#places.get(node) as number;
  }

  /** The last node of a match: there all inputs of what takes its place are at hand. */
  lastOf({ nodes }: Match): KernelNode {
    return nodes.reduce((a, b) => (this.placeOf(a) > this.placeOf(b) ? a : b));
  }

  /**
   * Whether a match may be made: nobody else reads what its nodes write but for what the new node writes too, and that not before the last
   * of them.
   */
  isOwn(match: Match): boolean {
    const inside = new Set<Node>(match.nodes);
    const kept = new Set(match.made.outputs.map(({ buffer }) => buffer));
    const last = this.placeOf(this.lastOf(match));
    return match.nodes.every((node) =>
      node.outputs.every(({ buffer }) => {
        const readers = this.#readers.get(buffer) ?? [];
        if (kept.has(buffer))
          return readers.every((reader) => inside.has(reader) || this.placeOf(reader) > last);
        return (
          readers.length === (this.#counts.get(buffer) ?? 0) && readers.every((reader) => inside.has(reader))
        );
      }),
    );
  }
}

/**
 * Puts one node in the place of each match that `find` makes, around each node from the last to the first; the first of several that would do
 * and are {@link Surroundings.isOwn} counts.
 */
export function rewrite(
  graph: Graph,
  find: (node: KernelNode, near: Surroundings) => Iterable<Match>,
): Graph {
  const near = new Surroundings(graph);
  const taken = new Set<Node>();
  const made = new Map<Node, KernelNode>();
  for (const node of graph.nodes.toReversed()) {
    if (node.kind !== 'kernel' || taken.has(node)) continue;
    for (const match of find(node, near)) {
      if (match.nodes.some((one) => taken.has(one)) || !near.isOwn(match)) continue;
      match.nodes.forEach((one) => taken.add(one));
      made.set(near.lastOf(match), match.made);
      break;
    }
  }
  if (made.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => made.get(node) ?? (taken.has(node) ? [] : [node]));
  return { ...graph, nodes, constants: near.constants, bufferCount: near.bufferCount };
}

/** An input that is one tensor. */
export function inputOf(node: KernelNode | undefined, name: string): View | undefined {
  const input = node?.inputs[name];
  return input !== undefined && 'buffer' in input ? input : undefined;
}

/** The other operand of a node of two. */
export function partner(node: KernelNode | undefined, operand: View | undefined): View | undefined {
  const [a, b] = [inputOf(node, 'a'), inputOf(node, 'b')];
  return a?.buffer === operand?.buffer ? b : b?.buffer === operand?.buffer ? a : undefined;
}

/** The node of this kernel that reads both of two views. */
export function joining(
  name: string,
  [a, b]: readonly [View | undefined, View | undefined],
  near: Surroundings,
): KernelNode | undefined {
  return near.readers(a).find((node) => node.name === name && partner(node, a)?.buffer === b?.buffer);
}

/** A new node, of the inputs that there are. */
export function kernelNode(
  name: string,
  inputs: Readonly<Record<string, View | undefined>>,
  attributes: KernelNode['attributes'],
  outputs: readonly View[],
): KernelNode {
  const given = Object.entries(inputs).filter((entry): entry is [string, View] => entry[1] !== undefined);
  return { kind: 'kernel', name, inputs: Object.fromEntries(given), attributes, outputs };
}
