import { sizeOf, type Graph, type View } from '../graph.js';
import { inputOf, kernelNode, rewrite } from './rewrite.js';

/**
 * Multiplies by those rows of a transposed matrix alone whose results are read: the gradient of joined inputs and states is mostly asked for
 * the states.
 */
export function narrowProducts(graph: Graph): Graph {
  return rewrite(graph, function* (part, near) {
    if (part.name !== 'Slice') return;
    const view = inputOf(part, 'x');
    const product = near.onlyFrom(view, 'BatchMatMul');
    const [a, b] = [inputOf(product, 'a'), inputOf(product, 'b')];
    const { transposeA, transposeB } = product?.attributes ?? {};
    if (product === undefined || !a || !b || view === undefined || transposeA || !transposeB) return;
    const [out] = part.outputs;
    const [m, n] = [view.shape[0], view.shape[1]];
    const k = b.shape.at(-1) ?? 0;
    const [top, from = 0] = [part.attributes.begin].flat() as number[];
    const fits =
      view.shape.length === 2 &&
      out.shape.length === 2 &&
      out.shape[0] === m &&
      top === 0 &&
      a.dtype === 'float32' &&
      sizeOf(a.shape) === m * k &&
      sizeOf(b.shape) === n * k &&
      sizeOf(out.shape) > 0 &&
      k > 0;
    if (!fits) return;
    const sizes = { m, k, n: out.shape[1], from };
    yield {
      nodes: [product, part],
      made: kernelNode('TankaProductOfRows', { a, b } as Record<string, View>, sizes, [out]),
    };
  });
}
