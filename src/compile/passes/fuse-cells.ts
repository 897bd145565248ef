import { sizeOf, type Graph, type KernelNode, type View } from '../graph.js';
import { ends, equals, expand, term, type Expanded } from './algebra.js';
import { inputOf, joining, kernelNode, partner, rewrite, type Match, type Surroundings } from './rewrite.js';

function last(shape: readonly number[]): number {
  return shape.at(-1) ?? 1;
}

/** True for a node that splits its last axis, as the stock and our kernels may be told it. */
function splitsLastAxis({ inputs, attributes }: KernelNode): boolean {
  const { shape } = inputs.x as View;
  return attributes.axis === shape.length - 1 || attributes.axis === -1;
}

/** The node of a product of plain matrices `a · b (+ bias)`, of so many rows and columns. */
function productOf(
  view: View | undefined,
  near: Surroundings,
): { node: KernelNode; a: View; b: View; bias: View | undefined } | undefined {
  const node = near.from(view, '_FusedMatMul', 'BatchMatMul');
  const [a, b, bias] = [inputOf(node, 'a'), inputOf(node, 'b'), inputOf(node, 'bias')];
  const { transposeA, transposeB, activation } = node?.attributes ?? {};
  const isPlain = !transposeA && !transposeB && (activation ?? 'linear') === 'linear';
  if (node === undefined || a === undefined || b === undefined || !isPlain) return undefined;
  const isMatrix = sizeOf(b.shape.slice(0, -2)) === 1 && a.dtype === 'float32';
  return isMatrix ? { node, a, b, bias } : undefined;
}

/**
 * LSTM from its four gates on: `c' = sigmoid(f + bias) * c + sigmoid(i) * tanh(g)`, `h = sigmoid(o) * tanh(c')`; then the same cell with
 * its activations as results, for gradients that read them.
 */
function lstmCells(split: KernelNode, near: Surroundings): Match[] {
  const [input, candidate, forget, output] = split.outputs as readonly (View | undefined)[];
  if (split.outputs.length !== 4 || input === undefined || !splitsLastAxis(split)) return [];
  const biased = near.onlyReader(forget, 'Add');
  const forgetBias = biased === undefined ? 0 : near.scalar(partner(biased, forget));
  const forgetGate = near.onlyReader(biased === undefined ? forget : biased.outputs[0], 'Sigmoid');
  const inputGate = near.onlyReader(input, 'Sigmoid');
  const squashed = near.onlyReader(candidate, 'Tanh');
  const outputGate = near.onlyReader(output, 'Sigmoid');
  const [i, g, f, o] = [inputGate, squashed, forgetGate, outputGate].map((node) => node?.outputs[0]);
  const added = joining('Multiply', [i, g], near);
  for (const next of near.readers(added?.outputs[0])) {
    const kept = near.from(partner(next, added?.outputs[0]), 'Multiply');
    const cell = partner(kept, f);
    const [nextCell] = next.outputs;
    const curved = near.readers(nextCell).find(({ name }) => name === 'Tanh');
    const t = curved?.outputs[0];
    const hidden = joining('Multiply', [o, t], near);
    const nodes = [forgetGate, kept, inputGate, squashed, added, outputGate, hidden, curved];
    const isWhole =
      next.name === 'Add' &&
      !nodes.includes(undefined) &&
      cell !== undefined &&
      forgetBias !== undefined &&
      sizeOf(cell.shape) === sizeOf(nextCell.shape) &&
      sizeOf(input.shape) === sizeOf(nextCell.shape);
    if (!isWhole) continue;
    const inner = [split, next, ...(biased ? [biased] : []), ...(nodes as KernelNode[])];
    const inputs = { gates: split.inputs.x as View, cell };
    const attributes = { forgetBias, hidden: last(input.shape) };
    const results = [nextCell, (hidden as KernelNode).outputs[0]];
    const activations = [i, g, f, o, t] as View[];
    return [
      { nodes: inner, made: kernelNode('TankaLstmCell', inputs, attributes, results) },
      {
        nodes: inner,
        made: kernelNode('TankaLstmCell', inputs, { ...attributes, kept: true }, [
          ...results,
          ...activations,
        ]),
      },
    ];
  }
  return [];
}

/**
 * The cell with the product that its gates come from, where they come from `[x, h] · w + b`. The two may still be joined for others, such as
 * the gradient of the weights.
 */
function lstmStep({ nodes, made }: Match, near: Surroundings): Match | undefined {
  const { gates, cell } = made.inputs as { gates: View; cell: View };
  const product = productOf(gates, near);
  const joined = near.from(product?.a, 'Concat');
  const [x, h, more] = joined === undefined ? [] : (Object.values(joined.inputs) as View[]);
  if (product === undefined || joined === undefined || !x || !h || more) return undefined;
  const hidden = made.attributes.hidden as number;
  const inputs = last(x.shape);
  const rows = sizeOf(h.shape) / hidden;
  const fits =
    last(h.shape) === hidden &&
    sizeOf(x.shape) === rows * inputs &&
    sizeOf(product.b.shape) === (inputs + hidden) * 4 * hidden &&
    sizeOf(gates.shape) === rows * 4 * hidden;
  if (!fits) return undefined;
  const { b: w, bias } = product;
  const attributes = { ...made.attributes, inputs, rows, width: 4 * hidden };
  return {
    nodes: [product.node, ...nodes],
    made: kernelNode('TankaLstmStep', { x, w, bias, h, cell }, attributes, made.outputs),
  };
}

/** The summand beside a product, which a bias may be. */
function summands(
  view: View | undefined,
  near: Surroundings,
): { product: NonNullable<ReturnType<typeof productOf>>; other: View; nodes: KernelNode[] } | undefined {
  const fused = productOf(view, near);
  if (fused?.bias !== undefined) return { product: fused, other: fused.bias, nodes: [fused.node] };
  const sum = near.from(view, 'Add');
  for (const one of ['a', 'b'].map((name) => inputOf(sum, name))) {
    const product = productOf(one, near);
    const other = partner(sum, one);
    if (sum !== undefined && product !== undefined && product.bias === undefined && other !== undefined)
      return { product, other, nodes: [sum, product.node] };
  }
  return undefined;
}

/** The new states of a GRU, `(1 - z) h + z a`. */
function* nextStates(
  a: View,
  h: View,
  z: View,
  near: Surroundings,
): Generator<{ out: View; formula: Expanded }> {
  for (const out of ends(a, near)) {
    const formula = expand(out, near, [a, h, z]);
    const isNext =
      formula !== undefined &&
      sizeOf(out.shape) === sizeOf(h.shape) &&
      [a, h, z].every(({ buffer }) => sizeOf(formula.factors.get(buffer)?.shape ?? []) === sizeOf(h.shape)) &&
      equals(formula.polynomial, {
        [term(h.buffer)]: 1,
        [term(h.buffer, z.buffer)]: -1,
        [term(a.buffer, z.buffer)]: 1,
      });
    if (isNext) yield { out, formula };
  }
}

/**
 * GRU: `z, r = sigmoid(x_zr + h · w_zr)`, `a = tanh(x_a + (r * h) · w_a)`, `h' = (1 - z) h + z a`, where `x_zr` and `x_a` are parts of
 * `x · w + b`, around `a`.
 */
function* gruSteps(tanh: KernelNode, near: Surroundings): Generator<Match> {
  const [a] = tanh.outputs;
  const candidate = summands(inputOf(tanh, 'x'), near);
  const reset = near.from(candidate?.product.a, 'Multiply');
  const parts = near.from(candidate?.other, 'SplitV');
  const projection = productOf(inputOf(parts, 'x'), near);
  if (candidate === undefined || reset === undefined || parts === undefined || projection === undefined)
    return;
  for (const r of Object.values(reset.inputs) as View[]) {
    const h = partner(reset, r);
    const gates = near.from(r, 'SplitV');
    const sigmoid = near.from(inputOf(gates, 'x'), 'Sigmoid');
    const zr = summands(inputOf(sigmoid, 'x'), near);
    const z = gates?.outputs[0];
    if (h === undefined || gates === undefined || sigmoid === undefined || zr === undefined || !z) continue;
    const hidden = last(h.shape);
    const rows = sizeOf(h.shape) / hidden;
    const inputs = last(projection.a.shape);
    const fits =
      splitsLastAxis(gates) &&
      splitsLastAxis(parts) &&
      zr.product.a.buffer === h.buffer &&
      gates.outputs.length === 2 &&
      gates.outputs[1].buffer === r.buffer &&
      last(z.shape) === hidden &&
      parts.outputs.length === 2 &&
      parts.outputs[0].buffer === zr.other.buffer &&
      parts.outputs[1].buffer === candidate.other.buffer &&
      last(parts.outputs[0].shape) === 2 * hidden &&
      last(parts.outputs[1].shape) === hidden &&
      sizeOf(projection.a.shape) === rows * inputs &&
      sizeOf(candidate.product.b.shape) === hidden * hidden &&
      sizeOf(zr.product.b.shape) === 2 * hidden * hidden;
    if (!fits) continue;
    for (const { out, formula } of nextStates(a, h, z, near)) {
      const inner = [tanh, reset, gates, sigmoid, parts, projection.node];
      const { b: w, bias, a: x } = projection;
      const sources = { x, w, bias, h, wGates: zr.product.b, wCandidate: candidate.product.b };
      const sizes = { hidden, inputs, rows, width: 3 * hidden };
      const nodes = [...new Set([...inner, ...candidate.nodes, ...zr.nodes, ...formula.nodes])];
      yield { nodes, made: kernelNode('TankaGruStep', sources, sizes, [out]) };
      const kept = [out, z, r, reset.outputs[0], a];
      yield { nodes, made: kernelNode('TankaGruStep', sources, { ...sizes, kept: true }, kept) };
    }
  }
}

/** The sigmoid of the sum of two views. */
function gateOf(pair: readonly [View | undefined, View | undefined], near: Surroundings): KernelNode[] {
  const sum = joining('Add', pair, near);
  const gate = near.onlyReader(sum?.outputs[0], 'Sigmoid');
  return sum === undefined || gate === undefined ? [] : [sum, gate];
}

/**
 * GRU that resets behind its product: of `x · w + b` and `h · w_h + b_h`, each three parts, `z = sigmoid(x_z + h_z)`,
 * `r = sigmoid(x_r + h_r)`, `a = tanh(x_a + r h_a)`, `h' = (1 - z) h + z a`, around `a`.
 */
function* gruAfterSteps(tanh: KernelNode, near: Surroundings): Generator<Match> {
  const [a] = tanh.outputs;
  const sum = near.from(inputOf(tanh, 'x'), 'Add');
  for (const xa of ['a', 'b'].map((name) => inputOf(sum, name))) {
    const shares = near.from(xa, 'SplitV');
    const reset = near.from(partner(sum, xa), 'Multiply');
    for (const ha of ['a', 'b'].map((name) => inputOf(reset, name))) {
      const products = near.from(ha, 'SplitV');
      if (sum === undefined || reset === undefined || shares === undefined || products === undefined)
        continue;
      const [projection, product] = [shares, products].map((split) => productOf(inputOf(split, 'x'), near));
      const [update, open] = [0, 1].map((i) => gateOf([shares.outputs[i], products.outputs[i]], near));
      const [z, r] = [update, open].map((nodes) => nodes.at(-1)?.outputs[0]);
      if (projection === undefined || product === undefined || z === undefined || r === undefined) continue;
      const h = product.a;
      const hidden = sizeOf(product.b.shape.slice(-2, -1));
      const rows = sizeOf(h.shape) / hidden;
      const inputs = last(projection.a.shape);
      const fits =
        [shares, products].every(
          (split) =>
            splitsLastAxis(split) &&
            split.outputs.length === 3 &&
            split.outputs.every(
              (part) => last(part.shape) === hidden && sizeOf(part.shape) === rows * hidden,
            ),
        ) &&
        shares.outputs[2].buffer === xa?.buffer &&
        products.outputs[2].buffer === ha?.buffer &&
        partner(reset, ha)?.buffer === r.buffer &&
        last(product.b.shape) === 3 * hidden &&
        sizeOf(projection.a.shape) === rows * inputs;
      if (!fits) continue;
      for (const { out, formula } of nextStates(a, { ...h, shape: a.shape }, z, near)) {
        const inner = [tanh, sum, reset, shares, products, projection.node, product.node];
        const { b: w, bias, a: x } = projection;
        yield {
          nodes: [...new Set([...inner, ...update, ...open, ...formula.nodes])],
          made: kernelNode(
            'TankaGruAfterStep',
            { x, w, bias, h, wState: product.b, biasState: product.bias },
            { hidden, inputs, rows, width: 3 * hidden },
            [out],
          ),
        };
      }
    }
  }
}

/** Computes recurrent cells in few passes over their gates, and an LSTM's product without joining input and state. */
export function fuseCells(graph: Graph): Graph {
  return rewrite(graph, function* (node, near) {
    if (node.name === 'Tanh') {
      yield* gruSteps(node, near);
      yield* gruAfterSteps(node, near);
    }
    const cells = node.name === 'SplitV' ? lstmCells(node, near) : [];
    for (const cell of cells) {
      const step = lstmStep(cell, near);
      if (step !== undefined) yield step;
    }
    yield* cells;
  });
}
