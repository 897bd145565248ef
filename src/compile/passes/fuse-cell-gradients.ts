import { sizeOf, type Graph, type KernelNode, type View } from '../graph.js';
import { equals, expand, ingredients, term, type Expanded } from './algebra.js';
import { inputOf, joining, kernelNode, partner, rewrite, type Match, type Surroundings } from './rewrite.js';

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

/** What a GRU's old state gets directly and through its reset gate, `dh (1 - z) + d r`, and from elsewhere. */
function stateGradient(
  { dh, d, z, r }: Readonly<Record<'dh' | 'd' | 'z' | 'r', View>>,
  near: Surroundings,
): { nodes: KernelNode[]; out: View; other: View | undefined } | undefined {
  const through = joining('Multiply', [d, r], near);
  const sum = near.onlyReader(through?.outputs[0], 'Add');
  const rest = partner(sum, through?.outputs[0]);
  if (through === undefined || sum === undefined || rest === undefined) return undefined;
  const more = near.onlyFrom(rest, 'Add');
  for (const direct of [rest, inputOf(more, 'a'), inputOf(more, 'b')]) {
    const expected = { [term(dh.buffer)]: 1, [term(dh.buffer, z.buffer)]: -1 };
    const formula = direct && formulaOf(direct, [dh, z], expected, near);
    if (formula === undefined || direct === undefined) continue;
    // `1 - z` is of the forward pass, which may take it along.
    const own = formula.nodes.filter(({ inputs }) =>
      Object.values(inputs).some((view) => 'buffer' in view && view.buffer === dh.buffer),
    );
    const isAll = direct.buffer === rest.buffer;
    return {
      nodes: [through, sum, ...own, ...(more === undefined || isAll ? [] : [more])],
      out: sum.outputs[0],
      other: isAll ? undefined : partner(more, direct),
    };
  }
  return undefined;
}

/**
 * The gradient of a GRU's gates and state, around the node that joins those of both gates: of the update gate `dh (a - h)`, of the reset gate
 * `d h`, where `d` is the gradient of the state behind the reset gate.
 */
function* gruGradients(joined: KernelNode, near: Surroundings): Generator<Match> {
  const [dUpdate, dReset, more] = Object.values(joined.inputs) as (View | undefined)[];
  const [both] = joined.outputs;
  const hidden = dUpdate?.shape.at(-1) ?? 0;
  const closing = near.readers(both).find(({ name }) => name === 'Multiply');
  const isPair =
    dUpdate !== undefined &&
    dReset?.shape.at(-1) === hidden &&
    more === undefined &&
    [both.shape.length - 1, -1].includes(joined.attributes.axis as number);
  if (!isPair || closing === undefined) return;
  const [dGates] = closing.outputs;
  const gates = ingredients(dGates, near).find((view) => near.from(view, 'Sigmoid') !== undefined);
  const [z, r, third] = near.readers(gates).find(({ name }) => name === 'SplitV')?.outputs ?? [];
  if (gates === undefined || third !== undefined || z?.shape.at(-1) !== hidden || r === undefined) return;
  const curve = gateGradient(dGates, [gates, both], 'sigmoid', near);
  const through = near.onlyFrom(dReset, 'Multiply');
  const dhs = ingredients(dUpdate, near);
  const a = dhs.find((view) => near.from(view, 'Tanh') !== undefined);
  if (curve === undefined || through === undefined || a === undefined) return;
  for (const d of Object.values(through.inputs) as View[]) {
    const h = partner(through, d);
    for (const dh of dhs) {
      if (h === undefined || [a.buffer, h.buffer].includes(dh.buffer)) continue;
      const expected = { [term(a.buffer, dh.buffer)]: 1, [term(h.buffer, dh.buffer)]: -1 };
      const update = formulaOf(dUpdate, [a, h, dh], expected, near);
      if (update === undefined || sizeOf(h.shape) !== sizeOf(dUpdate.shape)) continue;
      const state = stateGradient({ dh, d, z, r }, near);
      yield {
        nodes: [...new Set([joined, through, ...curve.nodes, ...update.nodes, ...(state?.nodes ?? [])])],
        made: kernelNode(
          'TankaGruGatesGradient',
          {
            ...{ update: z, reset: r, candidate: a, h, dNext: dh, dResetState: d },
            other: state?.other,
          },
          { hidden },
          [dGates, state?.out ?? near.view(h.shape)],
        ),
      };
    }
  }
}

/** Computes the gradients of GRU cells, between their products, in one pass. Of cells that are not fused yet. */
export function fuseGruGradients(graph: Graph): Graph {
  return rewrite(graph, function* (node, near) {
    if (node.name === 'Concat') yield* gruGradients(node, near);
  });
}

/** Computes the gradients of LSTM cells, between their products, in one pass. Of cells that kept what it reads. */
export function fuseCellGradients(graph: Graph): Graph {
  return rewrite(graph, function* (node, near) {
    if (node.name === 'Concat') yield* lstmGradients(node, near);
  });
}
