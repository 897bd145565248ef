import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { einsum, matMul, reshape } from '@tensorflow/tfjs-core';
import { broadcast, unbroadcast } from './broadcasting.js';
import { type Gradients, rule } from './rule.js';

/** Gradients of `op(a) · op(b)`; batch axes that were broadcast are summed. */
function matMulGradients(
  dy: Tensor,
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
): Gradients {
  return {
    a: () =>
      unbroadcast(transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB), a.shape),
    b: () =>
      unbroadcast(transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false), b.shape),
  };
}

/** An operand of an einsum and its labels. */
interface Operand {
  readonly tensor: Tensor;
  readonly labels: string;
}

/**
 * The gradient of one operand: dy contracted with the other operands, then repeated over the labels that stood in this
 * operand alone and were summed.
 */
function einsumGradient(dy: Operand, { tensor, labels }: Operand, others: readonly Operand[]): Tensor {
  const sources = [dy, ...others];
  const known = Array.from(labels).filter((label) => sources.some((source) => source.labels.includes(label)));
  const left = sources.map((source) => source.labels).join(',');
  const contracted = einsum(`${left}->${known.join('')}`, ...sources.map((source) => source.tensor));
  const placed = reshape(
    contracted,
    Array.from(labels).map((label, axis) => (known.includes(label) ? tensor.shape[axis] : 1)),
  );
  return known.length === labels.length ? placed : broadcast(placed, tensor.shape);
}

/** Matrix products and Einstein sums. */
export const productRules: readonly GradConfig[] = [
  rule<{ transposeA: boolean; transposeB: boolean }>(
    'BatchMatMul',
    { inputs: ['a', 'b'] },
    (dy, [a, b], { transposeA, transposeB }) => matMulGradients(dy, a, b, transposeA, transposeB),
  ),
  rule<{ equation: string }>('Einsum', { allInputs: true }, (dy, operands, { equation }) => {
    const [left, output] = equation.replace(/\s/g, '').split('->');
    const labels = left.split(',');
    const all = operands.map((tensor, i): Operand => ({ tensor, labels: labels[i] }));
    return all.map(
      (operand, i) => () =>
        einsumGradient(
          { tensor: dy, labels: output },
          operand,
          all.filter((_, k) => k !== i),
        ),
    );
  }),
];
