import { sizeOf, type Graph, type KernelNode, type View } from '../graph.js';
import { ends, equals, expand, ingredients, term, type Expanded } from './algebra.js';
import { inputOf, kernelNode, rewrite, type Match, type Surroundings } from './rewrite.js';

function unique(...nodes: readonly KernelNode[]): KernelNode[] {
  return [...new Set(nodes)];
}

/** The node that reduces the last axis of `x` to `view`, which has the shape of `x` with a 1 there. */
function reduction(
  view: View | undefined,
  name: string,
  near: Surroundings,
): { node: KernelNode; x: View } | undefined {
  const node = near.from(view, name);
  const x = inputOf(node, 'x');
  if (node === undefined || view === undefined || x?.dtype !== 'float32') return undefined;
  const last = x.shape.length - 1;
  const axes = [node.attributes.axis ?? node.attributes.reductionIndices].flat();
  const isLast = axes.length === 1 && (axes[0] === last || axes[0] === -1);
  return isLast && String(view.shape) === String([...x.shape.slice(0, -1), 1]) ? { node, x } : undefined;
}

/** The end of a formula, if it is as large as the view that it is about. */
function* formulas(
  from: View,
  x: View,
  near: Surroundings,
  stops: readonly (View | undefined)[],
): Generator<{ out: View; formula: Expanded }> {
  for (const out of ends(from, near)) {
    if (String(out.shape) !== String(x.shape)) continue;
    const formula = expand(out, near, stops);
    const seen = formula?.factors.get(x.buffer);
    if (formula !== undefined && (seen === undefined || String(seen.shape) === String(x.shape)))
      yield { out, formula };
  }
}

/** `x Φ(x)` by the error function, its form with a hyperbolic tangent or with a sigmoid, and `x σ(x)`, around that function. */
function* activations(node: KernelNode, near: Surroundings): Generator<Match> {
  const { outputs, inputs } = node;
  const [t] = outputs;
  const argument = inputs.x as View;
  const c = Math.sqrt(2 / Math.PI);
  for (const x of ingredients(argument, near)) {
    const inner = expand(argument, near, [x]);
    if (inner === undefined || String(x.shape) !== String(t.shape) || x.dtype !== 'float32') continue;
    const cubic = (factor: number): boolean =>
      equals(inner.polynomial, {
        [term(x.buffer)]: factor,
        [term(x.buffer, x.buffer, x.buffer)]: 0.044715 * factor,
      });
    const linear = (factor: number): boolean => equals(inner.polynomial, { [term(x.buffer)]: factor });
    const [isErf, isTanh] = [node.name === 'Erf' && linear(Math.SQRT1_2), node.name === 'Tanh' && cubic(c)];
    const isSilu = node.name === 'Sigmoid' && linear(1);
    const isSigmoid = node.name === 'Sigmoid' && cubic(2 * c);
    if (!isErf && !isTanh && !isSilu && !isSigmoid) continue;
    const both = term(x.buffer, t.buffer);
    const expected = isErf || isTanh ? { [term(x.buffer)]: 0.5, [both]: 0.5 } : { [both]: 1 };
    for (const { out, formula } of formulas(t, x, near, [x, t])) {
      if (!equals(formula.polynomial, expected)) continue;
      yield {
        nodes: unique(node, ...inner.nodes, ...formula.nodes),
        made: isSilu
          ? kernelNode('TankaSilu', { x }, {}, [out])
          : kernelNode('TankaGelu', { x }, { approximate: !isErf }, [out]),
      };
    }
  }
}

/** `(x - mean) / √(variance + eps) · scale + offset`, around the root. */
function* layerNorms(root: KernelNode, near: Surroundings): Generator<Match> {
  const [inverse] = root.outputs;
  const shifted = near.from(inputOf(root, 'x'), 'Add');
  const [a, b] = [inputOf(shifted, 'a'), inputOf(shifted, 'b')];
  const [variance, eps] = near.scalar(b) === undefined ? [b, near.scalar(a)] : [a, near.scalar(b)];
  if (shifted === undefined || variance === undefined || eps === undefined) return;
  // The variance may be seen with another shape where eps is added to it.
  const squares = near.from(variance, 'Mean');
  const deviation = near.from(inputOf(squares, 'x'), 'Square', 'Multiply', 'SquaredDifference');
  const values = deviation && (Object.values(deviation.inputs) as View[]);
  if (squares === undefined || deviation === undefined || values === undefined) return;
  const centred = deviation.name === 'SquaredDifference' ? deviation : near.from(values[0], 'Sub');
  if (deviation.name === 'Multiply' && values[0].buffer !== values[1].buffer) return;
  const [x, mean] = (centred && (Object.values(centred.inputs) as View[])) ?? [];
  if (centred === undefined || x === undefined || mean === undefined) return;
  const average = reduction(mean, 'Mean', near);
  const wide = [...x.shape.slice(0, -1), 1];
  const n = x.shape.at(-1) ?? 0;
  const isOf =
    sizeOf(x.shape) > 0 &&
    average?.x.buffer === x.buffer &&
    String(average.x.shape) === String(x.shape) &&
    reduction({ ...variance, shape: wide }, 'Mean', near)?.node === squares &&
    String((squares.inputs.x as View).shape) === String(x.shape);
  if (!isOf || average === undefined) return;
  for (const { out, formula } of formulas(inverse, x, near, [x, mean, inverse])) {
    const { polynomial, factors, nodes } = formula;
    const shapes = [mean, inverse].map(({ buffer }) => String(factors.get(buffer)?.shape));
    if (shapes.some((shape) => shape !== String(wide))) continue;
    const root1 = root.name === 'Rsqrt' ? String(inverse.buffer) : `/${inverse.buffer}`;
    const others = [...factors.values()].filter(
      ({ buffer }) => ![x.buffer, mean.buffer, inverse.buffer].includes(buffer),
    );
    // Without a scale or an offset there are ones or zeros: each of the others may be either.
    for (const [scale, offset] of [
      [others[0], others[1]],
      [others[1], others[0]],
      [undefined, others[0]],
    ]) {
      const isVector = [scale, offset].every(
        (view) => view === undefined || (sizeOf(view.shape) === n && view.shape.at(-1) === n),
      );
      const scales = scale === undefined ? [] : [scale.buffer];
      const expected = {
        [term(x.buffer, root1, ...scales)]: 1,
        [term(mean.buffer, root1, ...scales)]: -1,
        ...(offset && { [term(offset.buffer)]: 1 }),
      };
      if (!isVector || !equals(polynomial, expected)) continue;
      const vector = (view: View | undefined, value: number): View =>
        view === undefined ? near.filled(n, value) : { ...view, shape: [n] };
      yield {
        nodes: unique(root, shifted, squares, deviation, centred, average.node, ...nodes),
        made: kernelNode(
          'TankaLayerNorm',
          { x, scale: vector(scale, 1), offset: vector(offset, 0) },
          { eps },
          [out, near.view([sizeOf(wide), 2])],
        ),
      };
    }
  }
}

/** `e^(x - max) / Σ e^(x - max)`, and with `log` the logarithm of it, around the sum. */
function* softmaxes(sum: KernelNode, near: Surroundings): Generator<Match> {
  const exponentials = near.from(inputOf(sum, 'x'), 'Exp');
  const shifted = near.from(inputOf(exponentials, 'x'), 'Sub');
  const [x, max] = [inputOf(shifted, 'a'), inputOf(shifted, 'b')];
  const largest = reduction(max, 'Max', near);
  if (!exponentials || !shifted || !x || !max || !largest) return;
  const wide = { ...sum.outputs[0], shape: max.shape };
  const isOf =
    largest.x.buffer === x.buffer &&
    String(largest.x.shape) === String(x.shape) &&
    reduction(wide, 'Sum', near)?.node === sum &&
    String((sum.inputs.x as View).shape) === String(x.shape) &&
    String((exponentials.inputs.x as View).shape) === String(x.shape);
  if (!isOf) return;
  const inner = [sum, exponentials, shifted, largest.node];
  const sees = ({ factors }: Expanded, ...views: readonly (View | undefined)[]): boolean =>
    views.every(
      (view) => view !== undefined && String(factors.get(view.buffer)?.shape) === String(wide.shape),
    );
  const [e] = exponentials.outputs;
  for (const { out, formula } of formulas(e, x, near, [e, wide])) {
    if (equals(formula.polynomial, { [term(e.buffer, `/${wide.buffer}`)]: 1 }) && sees(formula, wide))
      yield {
        nodes: unique(...inner, ...formula.nodes),
        made: kernelNode('Softmax', { logits: x }, { dim: x.shape.length - 1 }, [out]),
      };
  }
  const [logarithm] = near.readers(wide).filter(({ name }) => name === 'Log');
  if (logarithm === undefined) return;
  const [log] = logarithm.outputs;
  const expected = { [term(x.buffer)]: 1, [term(max.buffer)]: -1, [term(log.buffer)]: -1 };
  for (const { out, formula } of formulas(log, x, near, [x, max, log])) {
    if (!equals(formula.polynomial, expected) || !sees(formula, max, log)) continue;
    yield {
      nodes: unique(...inner, logarithm, ...formula.nodes),
      made: kernelNode('TankaLogSoftmax', { logits: x }, {}, [out]),
    };
  }
}

const AROUND: Readonly<Record<string, (node: KernelNode, near: Surroundings) => Iterable<Match>>> = {
  Erf: activations,
  Tanh: activations,
  Sigmoid: activations,
  Rsqrt: layerNorms,
  Sqrt: layerNorms,
  Sum: softmaxes,
};

/**
 * Computes in one pass over memory what was written out in single operations: layer norms, softmax and its logarithm over the last axis, gelu
 * and silu. Formulas are compared multiplied out, so that the order in which they were written is no matter.
 */
export function fuseFunctions(graph: Graph): Graph {
  return rewrite(graph, (node, near) => AROUND[node.name]?.(node, near) ?? []);
}
