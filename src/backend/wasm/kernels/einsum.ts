import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import { discard } from '../heap.js';
import { kernel, runKernel } from '../kernel.js';

/** A tensor and the label of each of its axes. */
interface Labelled {
  readonly tensor: TensorInfo;
  readonly labels: readonly string[];
}

function refuse(equation: string, why: string): never {
  throw new TankaError('wasm-kernel-unsupported', `einsum('${equation}'): ${why}`);
}

/** The labels of each operand and of the result, checked against the shapes. */
function parse(equation: string, operands: readonly TensorInfo[]): { inputs: string[][]; output: string[] } {
  const [left, right] = equation.replace(/\s/g, '').split('->') as [string, string | undefined];
  if (right === undefined) refuse(equation, "write the labels of the result after '->'.");
  const inputs = left.split(',').map((labels) => Array.from(labels));
  if (inputs.length !== operands.length) refuse(equation, `it has ${operands.length} operands.`);
  const sizes = new Map<string, number>();
  for (const [i, labels] of inputs.entries()) {
    const { shape } = operands[i];
    if (labels.length !== shape.length) refuse(equation, `operand ${i} has the shape [${shape.join(', ')}].`);
    if (new Set(labels).size !== labels.length)
      refuse(equation, 'a label occurs twice in one operand: take the diagonal first.');
    for (const [axis, label] of labels.entries()) {
      const size = sizes.get(label) ?? shape[axis];
      if (size !== shape[axis]) refuse(equation, `'${label}' is ${size} and ${shape[axis]}.`);
      sizes.set(label, size);
    }
  }
  const output = Array.from(right);
  const unknown = output.find((label) => !sizes.has(label));
  if (unknown !== undefined) refuse(equation, `no operand has the label '${unknown}'.`);
  return { inputs, output };
}

/** Sums over the labels that nobody asks for. */
function sumOut({ tensor, labels }: Labelled, wanted: readonly string[]): Labelled {
  const axis = labels.flatMap((label, i) => (wanted.includes(label) ? [] : [i]));
  if (axis.length === 0) return { tensor: runKernel('Identity', { x: tensor }), labels };
  return {
    tensor: runKernel('Sum', { x: tensor }, { axis, keepDims: false }),
    labels: labels.filter((label) => wanted.includes(label)),
  };
}

/** In the order of `labels`. Takes `from` over. */
function permuted({ tensor, labels }: Labelled, order: readonly string[]): TensorInfo {
  const perm = order.map((label) => labels.indexOf(label));
  if (perm.every((axis, i) => axis === i)) return tensor;
  return runKernel('Transpose', { x: tensor }, { perm }, [tensor]);
}

function reshaped(x: TensorInfo, shape: number[]): TensorInfo {
  return runKernel('Reshape', { x }, { shape }, [x]);
}

/** One batched matrix product: shared labels that are asked for are the batch, the other shared ones are summed. */
function multiply(a: Labelled, b: Labelled, wanted: readonly string[]): Labelled {
  const left = sumOut(a, [...wanted, ...b.labels]);
  const right = sumOut(b, [...wanted, ...a.labels]);
  const size = new Map([
    ...left.labels.map((label, axis): [string, number] => [label, left.tensor.shape[axis]]),
    ...right.labels.map((label, axis): [string, number] => [label, right.tensor.shape[axis]]),
  ]);
  const sizes = (labels: readonly string[]): number[] => labels.map((label) => size.get(label) as number);
  const product = (labels: readonly string[]): number => util.sizeFromShape(sizes(labels));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => wanted.includes(label));
  const inner = shared.filter((label) => !wanted.includes(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const [n, m, k, p] = [product(batch), product(rows), product(inner), product(columns)];
  const x = reshaped(permuted(left, [...batch, ...rows, ...inner]), [n, m, k]);
  const y = reshaped(permuted(right, [...batch, ...columns, ...inner]), [n, p, k]);
  const z = runKernel('BatchMatMul', { a: x, b: y }, { transposeA: false, transposeB: true }, [x, y]);
  const labels = [...batch, ...rows, ...columns];
  return { tensor: reshaped(z, sizes(labels)), labels };
}

function einsum(equation: string, operands: readonly TensorInfo[]): TensorInfo {
  const { inputs, output } = parse(equation, operands);
  let result: Labelled = { tensor: operands[0], labels: inputs[0] };
  for (let i = 1; i < operands.length; i++) {
    const later = inputs.slice(i + 1).flat();
    const next = multiply(result, { tensor: operands[i], labels: inputs[i] }, [...output, ...later]);
    if (i > 1) discard(result.tensor);
    result = next;
  }
  const summed = sumOut(result, output);
  if (operands.length > 1) discard(result.tensor);
  return permuted(summed, output);
}

/** `Einsum` of any number of operands, as transposes and batched matrix products. */
export const einsumKernels: readonly KernelConfig[] = [
  kernel<TensorInfo[], { readonly equation: string }>('Einsum', ({ inputs, attrs: { equation } }) =>
    einsum(equation, Object.values(inputs)),
  ),
];
