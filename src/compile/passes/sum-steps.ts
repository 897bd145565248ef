import { sizeOf, viewsRead, type Graph, type KernelNode, type Node, type View } from '../graph.js';
import { inputOf, kernelNode, Surroundings } from './rewrite.js';

/** Fewer terms are not worth the memory of joining them, and products of more rows gain nothing. */
const FEWEST = 4;
const MOST_ROWS = 128;

/** One term of a sum over steps, and the node that computes it. */
type Term =
  /** The sum of the rows of `b`, or the product `aᵀ · b` of both. */
  | { readonly kind: string; readonly node: KernelNode; readonly a?: View; readonly b: View }
  /** Terms side by side: what weights get that are split before they are used. */
  | { readonly kind: string; readonly node: KernelNode; readonly parts: readonly Term[] };

function asMatrix(view: View): View {
  const columns = view.shape.at(-1) ?? 1;
  return { ...view, shape: [sizeOf(view.shape) / columns, columns] };
}

function termOf(view: View, near: Surroundings): Term | undefined {
  const node = near.onlyFrom(view, 'BatchMatMul', 'Sum', 'Concat');
  if (node === undefined || String(node.outputs[0].shape) !== String(view.shape)) return undefined;
  const { transposeA, transposeB, axis, reductionIndices } = node.attributes;
  if (node.name === 'Concat') {
    const parts = viewsRead(node).flatMap((part) => termOf(part, near) ?? []);
    const kind = `${String(axis)}: ${parts.map((part) => part.kind).join()}`;
    return parts.length === viewsRead(node).length ? { kind, node, parts } : undefined;
  }
  const kind = `${node.name} ${String(view.shape)}`;
  if (node.name === 'Sum') {
    const b = inputOf(node, 'x');
    const axes = [axis ?? reductionIndices].flat();
    const isOfRows = b?.shape.length === 2 && axes.length === 1 && axes[0] === 0;
    return isOfRows && b.dtype === 'float32' && b.shape[0] <= MOST_ROWS ? { kind, node, b } : undefined;
  }
  const [a, b] = [inputOf(node, 'a'), inputOf(node, 'b')];
  if (!a || !b || !transposeA || transposeB || a.dtype !== 'float32') return undefined;
  const isOne = [a, b].every(({ shape }) => sizeOf(shape.slice(0, -2)) === 1 && sizeOf(shape) > 0);
  const [left, right] = [asMatrix(a), asMatrix(b)];
  return isOne && right.shape[0] <= MOST_ROWS ? { kind, node, a: left, b: right } : undefined;
}

/** The terms of a sum, down to what is none or is read elsewhere, too, and the sums inside of it. */
function summands(sum: KernelNode, near: Surroundings): { views: View[]; sums: KernelNode[] } {
  const size = sizeOf(sum.outputs[0].shape);
  const [views, sums] = [[] as View[], [sum]];
  const front = viewsRead(sum);
  for (let view = front.pop(); view !== undefined; view = front.pop()) {
    const inner = near.onlyFrom(view, 'Add');
    const operands = inner === undefined ? [] : viewsRead(inner);
    if (inner !== undefined && operands.every(({ shape }) => sizeOf(shape) === size)) {
      sums.push(inner);
      front.push(...operands);
    } else views.push(view);
  }
  return { views, sums };
}

/** Writes sums over steps. */
class Sums {
  readonly gone = new Set<Node>();
  readonly #joined = new Map<string, View>();

  constructor(readonly near: Surroundings) {}

  /** The rows of all parts, one after the other. */
  #join(parts: readonly View[], nodes: KernelNode[]): View {
    const name = parts.map(({ buffer }) => buffer).join();
    const known = this.#joined.get(name);
    if (known !== undefined) return known;
    const rows = parts.reduce((sum, { shape }) => sum + shape[0], 0);
    const joined = this.near.view([rows, parts[0].shape[1]]);
    this.#joined.set(name, joined);
    const inputs = Object.fromEntries(parts.map((part, i) => [i, part]));
    nodes.push({ ...kernelNode('Concat', inputs, { axis: 0 }, [joined]), isList: true });
    return joined;
  }

  /** The sum of terms of one kind. */
  write(terms: readonly Term[], out: View, nodes: KernelNode[]): void {
    const [{ node }] = terms;
    for (const term of terms) this.gone.add(term.node);
    if ('parts' in terms[0]) {
      const inputs = terms[0].parts.map(({ node: { outputs } }, i) => {
        const part = this.near.view(outputs[0].shape);
        const own = terms.flatMap((term) => ('parts' in term ? [term.parts[i]] : []));
        this.write(own, part, nodes);
        return [i, part] as const;
      });
      nodes.push({ ...node, inputs: Object.fromEntries(inputs), outputs: [out] });
      return;
    }
    // In one order, so that a weight and its bias share what is joined.
    const plain = terms
      .flatMap((term) => ('parts' in term ? [] : [term]))
      .sort((one, other) => one.b.buffer - other.b.buffer);
    const b = this.#join(
      plain.map((term) => term.b),
      nodes,
    );
    const a = plain.flatMap((term) => term.a ?? []);
    nodes.push({
      ...node,
      inputs: a.length === 0 ? { x: b } : { a: this.#join(a, nodes), b },
      outputs: [out],
    });
  }
}

/**
 * Adds the gradients that the steps of an unroll give to weights and biases as one product, or one sum, over the rows of all steps: products
 * of few rows spend their time with the matrix that they are added to.
 */
export function sumSteps(graph: Graph): Graph {
  const near = new Surroundings(graph);
  const sums = new Sums(near);
  const made = new Map<Node, KernelNode[]>();
  const inner = new Set<Node>();
  const found = graph.nodes.toReversed().flatMap((root) => {
    if (root.kind !== 'kernel' || root.name !== 'Add' || inner.has(root)) return [];
    const { views, sums: all } = summands(root, near);
    all.forEach((sum) => inner.add(sum));
    return [{ root, views, all }];
  });
  // From the first to the last: what one has joined may serve the next.
  for (const { root, views, all } of found.reverse()) {
    const kinds = new Map<string, { terms: Term[]; views: View[] }>();
    for (const view of views) {
      const term = termOf(view, near);
      if (term === undefined) continue;
      const own = kinds.get(term.kind) ?? { terms: [], views: [] };
      kinds.set(term.kind, { terms: [...own.terms, term], views: [...own.views, view] });
    }
    const many = [...kinds.values()].filter(({ terms }) => terms.length >= FEWEST);
    if (many.length === 0) continue;
    const nodes: KernelNode[] = [];
    const taken = new Set(many.flatMap((one) => one.views));
    const rest = views.filter((view) => !taken.has(view));
    const [out] = root.outputs;
    const isWhole = many.length === 1 && rest.length === 0;
    const totals = many.map(({ terms }) => {
      const total = isWhole ? out : near.view(out.shape);
      sums.write(terms, total, nodes);
      return total;
    });
    [...totals, ...rest].reduce((a, b, i, { length }) => {
      const sum = i === length - 1 ? out : near.view(out.shape);
      nodes.push({ ...root, inputs: { a, b }, outputs: [sum] });
      return sum;
    });
    made.set(root, nodes);
    all.forEach((sum) => sums.gone.add(sum));
  }
  if (made.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => made.get(node) ?? (sums.gone.has(node) ? [] : [node]));
  return { ...graph, nodes, bufferCount: near.bufferCount };
}
