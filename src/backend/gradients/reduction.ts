import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import {
  cast,
  cumprod,
  cumsum,
  div,
  equal,
  expandDims,
  eye,
  greater,
  greaterEqual,
  mul,
  ones,
  range,
  reshape,
  reverse,
  sub,
  sum,
  transpose,
  where,
} from '@tensorflow/tfjs-core';
import { broadcast, keepAxes, normalizedAxes, sizeOf } from './broadcasting.js';
import { rule } from './rule.js';

interface Scan {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** The extreme value's gradient goes to where it was found; equal winners share it evenly, as in JAX. */
function extremeRule(kernelName: string): GradConfig {
  return rule<{ reductionIndices?: number | number[]; axis?: number | number[] }>(
    kernelName,
    { inputs: ['x'], outputs: [true] },
    // `Max` and `Min` name the same attribute differently.
    (dy, [x, y], { reductionIndices, axis = reductionIndices }) => ({
      x: () => {
        const axes = normalizedAxes(axis, x.rank);
        const winners = cast(equal(x, keepAxes(y, x.shape, axes)), 'float32');
        return mul(winners, div(keepAxes(dy, x.shape, axes), sum(winners, axes, true)));
      },
    }),
  );
}

/** The product of all the others, from both sides, so that a zero among the values does no harm. */
function prodGradient(dy: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const permutation = [...kept, ...axes];
  const rows = sizeOf(kept.map((axis) => x.shape[axis]));
  const flat = reshape(transpose(x, permutation), [rows, sizeOf(axes.map((axis) => x.shape[axis]))]);
  const others = mul(cumprod(flat, 1, true, false), cumprod(flat, 1, true, true));
  const permuted = reshape(
    mul(others, reshape(dy, [rows, 1])),
    permutation.map((axis) => x.shape[axis]),
  );
  return transpose(
    permuted,
    permutation.map((_, axis) => permutation.indexOf(axis)),
  );
}

/**
 * Derivative of a running product. Every value is replaced by 1 in turn and the products run again, in n² memory
 * along the axis: dividing by the value would fail at zero.
 */
function cumprodGradient(dy: Tensor, x: Tensor, { axis, exclusive, reverse: backwards }: Scan): Tensor {
  const last = x.rank - 1;
  const moved = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const permutation = [...moved, axis];
  const n = x.shape[axis];
  const forwards = (t: Tensor): Tensor => {
    const rows = reshape(transpose(t, permutation), [-1, n]);
    return backwards ? reverse(rows, 1) : rows;
  };
  const values = forwards(x);
  const diagonal = cast(eye(n), 'bool');
  const replaced = where(diagonal, ones([values.shape[0], n, n]), expandDims(values, 1));
  const products = cumprod(replaced, 2, exclusive, false);
  // Row i holds the products without value i: it counts only from i on (from i + 1 on if exclusive).
  const places = range(0, n);
  const from = expandDims(places, 1);
  const reached = cast(exclusive ? greater(places, from) : greaterEqual(places, from), 'float32');
  const rows = sum(mul(mul(products, reached), expandDims(forwards(dy), 1)), 2);
  const permuted = reshape(
    backwards ? reverse(rows, 1) : rows,
    permutation.map((i) => x.shape[i]),
  );
  return last === axis
    ? permuted
    : transpose(
        permuted,
        permutation.map((_, i) => permutation.indexOf(i)),
      );
}

/** Sums, means, extremes, products and running sums and products along axes, and softmax. */
export const reductionRules: readonly GradConfig[] = [
  rule<Scan>('Cumprod', { inputs: ['x'] }, (dy, [x], scan) => ({
    x: () => cumprodGradient(dy, x, { ...scan, axis: normalizedAxes(scan.axis, x.rank)[0] }),
  })),
  rule<Scan>('Cumsum', {}, (dy, _saved, { axis, exclusive, reverse: backwards }) => ({
    x: () => cumsum(dy, normalizedAxes(axis, dy.rank)[0], exclusive, !backwards),
  })),
  extremeRule('Max'),
  rule<{ axis: number | number[] }>('Mean', { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => {
      const axes = normalizedAxes(axis, x.rank);
      return broadcast(div(keepAxes(dy, x.shape, axes), sizeOf(axes.map((a) => x.shape[a]))), x.shape);
    },
  })),
  extremeRule('Min'),
  rule<{ axis: number | number[] }>('Prod', { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => prodGradient(dy, x, normalizedAxes(axis, x.rank)),
  })),
  rule<{ dim: number }>('Softmax', { outputs: [true] }, (dy, [y], { dim }) => ({
    logits: () => {
      const weighted = mul(dy, y);
      return sub(weighted, mul(sum(weighted, dim, true), y));
    },
  })),
  rule<{ axis: number | number[] }>('Sum', { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => broadcast(keepAxes(dy, x.shape, normalizedAxes(axis, x.rank)), x.shape),
  })),
];
