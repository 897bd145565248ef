import { sizeOf, type Graph, type KernelNode, type View } from '../graph.js';
import { inputOf, kernelNode, partner, rewrite, type Match, type Surroundings } from './rewrite.js';

/** Matrices of an operand, and whether they lie as `[…, length, heads, size]` instead of one after the other. */
interface Operand {
  readonly view: View;
  readonly swapped: boolean;
  readonly node: KernelNode | undefined;
}

/** True for a transpose that exchanges heads and length: the second and third axis from the end. */
function swapsHeads({ attributes, outputs }: KernelNode): boolean {
  const perm = attributes.perm as readonly number[];
  const rank = perm.length;
  const [output] = outputs;
  return (
    rank >= 3 &&
    output.shape.length === rank &&
    perm.every((axis, i) => axis === (i === rank - 3 ? rank - 2 : i === rank - 2 ? rank - 3 : i))
  );
}

function operand(view: View, near: Surroundings): Operand {
  const node = near.onlyFrom(view, 'Transpose');
  const isWhole = node !== undefined && String(node.outputs[0].shape) === String(view.shape);
  if (!isWhole || !swapsHeads(node)) return { view, swapped: false, node: undefined };
  // With the shape that it is seen with behind the transpose: the kernel knows how it lies.
  return { view: { ...(node.inputs.x as View), shape: view.shape }, swapped: true, node };
}

/** The one value of a constant, of whatever size. */
function uniform(view: View | undefined, near: Surroundings): number | undefined {
  const values = view && near.constants.get(view.buffer)?.values;
  if (values === undefined || values.length === 0) return undefined;
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/** A factor on the scores: a product with a scalar, a quotient by one, or none. */
function scaling(
  view: View | undefined,
  near: Surroundings,
): { scores: View | undefined; scale: number; node?: KernelNode } {
  const node = near.onlyFrom(view, 'RealDiv', 'Multiply');
  const [a, b] = [inputOf(node, 'a'), inputOf(node, 'b')];
  const divisor = near.scalar(b);
  if (node !== undefined && divisor !== undefined)
    return { scores: a, scale: node.name === 'RealDiv' ? 1 / divisor : divisor, node };
  const factor = near.scalar(a);
  return node?.name === 'Multiply' && factor !== undefined
    ? { scores: b, scale: factor, node }
    : { scores: view, scale: 1 };
}

function match(softmax: KernelNode, near: Surroundings): Match | undefined {
  const weights = softmax.outputs[0];
  const mixed = near.onlyReader(weights, 'BatchMatMul');
  if (mixed === undefined || inputOf(mixed, 'a')?.buffer !== weights.buffer) return undefined;
  if (mixed.attributes.transposeA === true || mixed.attributes.transposeB === true) return undefined;

  const logits = inputOf(softmax, 'logits');
  const selected = near.onlyFrom(logits, 'Select');
  const mask = inputOf(selected, 'condition');
  const masked = selected === undefined ? 0 : uniform(inputOf(selected, 'e'), near);
  if (logits === undefined || masked === undefined) return undefined;
  const isMask = mask === undefined || (mask.dtype === 'bool' && sizeOf(mask.shape) === sizeOf(logits.shape));
  if (!isMask) return undefined;
  const {
    scores,
    scale,
    node: scaled,
  } = scaling(selected === undefined ? logits : inputOf(selected, 't'), near);
  const product = near.onlyFrom(scores, 'BatchMatMul');
  if (product?.attributes.transposeA !== false || product.attributes.transposeB !== true) return undefined;
  const [q, k, v] = [inputOf(product, 'a'), inputOf(product, 'b'), inputOf(mixed, 'b')];
  if (q === undefined || k === undefined || v === undefined) return undefined;
  const lead = String(q.shape.slice(0, -2));
  const views = [q, k, v, weights, mixed.outputs[0]];
  const isBatched = q.shape.length >= 3 && views.every(({ shape }) => String(shape.slice(0, -2)) === lead);
  if (!isBatched || q.dtype !== 'float32' || partner(product, q) === undefined) return undefined;

  const operands = [q, k, v].map((view) => operand(view, near));
  const [output] = mixed.outputs;
  const back = near.onlyReader(output, 'Transpose');
  const isBack =
    back !== undefined &&
    swapsHeads(back) &&
    String(back.inputs.x && (back.inputs.x as View).shape) === String(output.shape);
  const ends = isBack ? [mixed, back] : [mixed];
  const inner = [product, scaled, selected, softmax].filter((node) => node !== undefined);
  return {
    nodes: [...operands.flatMap(({ node }) => node ?? []), ...inner, ...ends],
    made: kernelNode(
      'TankaAttention',
      { q: operands[0].view, k: operands[1].view, v: operands[2].view, mask },
      {
        scale,
        masked,
        swapped: [...operands.map(({ swapped }) => swapped), isBack],
        shape: output.shape,
      },
      isBack ? back.outputs : mixed.outputs,
    ),
  };
}

/**
 * Computes attention head by head, the scores of one at a time, and reads queries, keys and values where they lie: the transposes around it,
 * the scaling and the mask are no passes over memory any more.
 */
export function fuseAttention(graph: Graph): Graph {
  return rewrite(graph, (node, near) => {
    const found = node.name === 'Softmax' ? match(node, near) : undefined;
    return found === undefined ? [] : [found];
  });
}
