import { sizeOf, type Graph, type KernelNode, type View } from '../graph.js';
import { equals, expand, ingredients, term, type Expanded } from './algebra.js';
import { inputOf, kernelNode, partner, rewrite, type Match, type Surroundings } from './rewrite.js';

/** Cells that may have kept the activations of their gates, as results behind the new cell and the new state. */
const CELLS = ['TankaLstmCell', 'TankaLstmStep'];

/** A formula of views, if it is this sum of products, of entries that meet only themselves. */
function formulaOf(
  view: View,
  factors: readonly View[],
  expected: Readonly<Record<string, number>>,
  near: Surroundings,
): Expanded | undefined {
  const formula = expand(view, near, factors);
  const size = sizeOf(view.shape);
  return formula !== undefined &&
    equals(formula.polynomial, expected) &&
    factors.every(({ buffer }) => sizeOf(formula.factors.get(buffer)?.shape ?? []) === size)
    ? formula
    : undefined;
}

/** The gradient of a gate before its activation, of `y` behind it, that is reached by `x` times `y (1 - y)` or, of a `tanh`, `1 - y²`. */
function gateGradient(
  view: View,
  [y, ...x]: readonly View[],
  curve: 'sigmoid' | 'tanh',
  near: Surroundings,
): Expanded | undefined {
  const outer = x.map(({ buffer }) => buffer);
  const [first, second] =
    curve === 'sigmoid' ? [[y.buffer], [y.buffer, y.buffer]] : [[], [y.buffer, y.buffer]];
  const expected = { [term(...outer, ...first)]: 1, [term(...outer, ...second)]: -1 };
  return formulaOf(view, [y, ...x], expected, near);
}

/**
 * The gradient of an LSTM cell that kept its activations, around the node that joins the gradients of its gates: those of input,
 * candidate and forget gate come from `dc = dNextCell + dh · o · (1 - t²)`, that of the output gate from `dh`.
 */
function* lstmGradients(joined: KernelNode, near: Surroundings): Generator<Match> {
  const parts = Object.values(joined.inputs) as View[];
  const [dGates] = joined.outputs;
  const hidden = parts[0]?.shape.at(-1) ?? 0;
  const isJoined =
    parts.length === 4 &&
    parts.every(({ shape }) => shape.at(-1) === hidden) &&
    [dGates.shape.length - 1, -1].includes(joined.attributes.axis as number);
  if (!isJoined) return;
  const [dInput, dCandidate, dForget, dOutput] = parts;
  const origins = ingredients(dInput, near);
  for (const gate of origins) {
    const cell = near.from(gate, ...CELLS);
    const [, , i, g, f, o, t] = cell?.outputs ?? [];
    const c = inputOf(cell, 'cell');
    if (c === undefined || i?.buffer !== gate.buffer || sizeOf(c.shape) !== sizeOf(dInput.shape)) continue;
    // Three gates read the one, a gate and the cell the other: formulas are multiplied out for few candidates.
    const readBy = (count: number, views: readonly View[]): View[] =>
      views.filter(
        (view) =>
          near.readers(view).length >= count && !cell?.outputs.some(({ buffer }) => buffer === view.buffer),
      );
    for (const dc of readBy(3, origins)) {
      const gates = [
        gateGradient(dInput, [i, dc, g], 'sigmoid', near),
        gateGradient(dCandidate, [g, dc, i], 'tanh', near),
        gateGradient(dForget, [f, dc, c], 'sigmoid', near),
      ];
      if (gates.includes(undefined)) continue;
      const sum = near.from(dc, 'Add');
      for (const dh of readBy(2, ingredients(dOutput, near))) {
        const last = gateGradient(dOutput, [o, dh, t], 'sigmoid', near);
        if (last === undefined) continue;
        for (const through of [dc, inputOf(sum, 'a'), inputOf(sum, 'b')]) {
          const curved = through && gateGradient(through, [t, dh, o], 'tanh', near);
          if (through === undefined || curved === undefined) continue;
          const isAll = through.buffer === dc.buffer;
          const before = near.readers(dc).find((node) => partner(node, dc)?.buffer === f.buffer);
          const kept = before?.name === 'Multiply' ? [before] : [];
          const inner = [...gates, last, curved].flatMap((formula) => formula?.nodes ?? []);
          yield {
            nodes: [...new Set([...inner, joined, ...kept, ...(isAll ? [] : [sum as KernelNode])])],
            made: kernelNode(
              'TankaLstmCellGradient',
              {
                ...{ input: i, candidate: g, forget: f, output: o, curved: t, cell: c },
                dNextCell: isAll ? undefined : partner(sum, through),
                dNextHidden: dh,
              },
              { hidden },
              [dGates, kept[0]?.outputs[0] ?? near.view(c.shape)],
            ),
          };
        }
      }
    }
  }
}

/** Computes the gradients of LSTM cells, between their products, in one pass. */
export function fuseCellGradients(graph: Graph): Graph {
  return rewrite(graph, function* (node, near) {
    if (node.name === 'Concat') yield* lstmGradients(node, near);
  });
}
