import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { einsum, matMul, reshape, transpose } from '@tensorflow/tfjs-core';
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

/**
 * The gradient of one operand: dy contracted with the other operand, then repeated over the labels that stood in this
 * operand alone and were summed.
 */
function einsumGradient(
  dy: Tensor,
  output: string,
  operand: Tensor,
  labels: string,
  other?: [Tensor, string],
): Tensor {
  const known = Array.from(labels).filter((label) => output.includes(label) || other?.[1].includes(label));
  const contracted = other
    ? einsum(`${output},${other[1]}->${known.join('')}`, dy, other[0])
    : transpose(
        dy,
        known.map((label) => output.indexOf(label)),
      );
  const placed = reshape(
    contracted,
    Array.from(labels).map((label, axis) => (known.includes(label) ? operand.shape[axis] : 1)),
  );
  return known.length === labels.length ? placed : broadcast(placed, operand.shape);
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
    return operands.map((operand, i) => () => {
      const other: [Tensor, string] | undefined =
        operands.length === 2 ? [operands[1 - i], labels[1 - i]] : undefined;
      return einsumGradient(dy, output, operand, labels[i], other);
    });
  }),
];
