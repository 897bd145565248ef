import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

/** One step of a random program: what to do, and which earlier values to take (modulo how many there are). */
export interface Instruction {
  readonly operation: number;
  readonly a: number;
  readonly b: number;
  readonly choice: number;
}

/** A program of tensor operations without any text: inputs of the given shapes, instructions, and which values are its results. */
export interface Program {
  readonly shapes: readonly (readonly number[])[];
  readonly instructions: readonly Instruction[];
  readonly results: readonly number[];
}

type Operation = (a: tf.Tensor, b: tf.Tensor, choice: number) => tf.Tensor | tf.Tensor[] | undefined;

/** Keeps values where products of many of them stay finite. */
function tamed(x: tf.Tensor): tf.Tensor {
  return tf.tanh(x);
}

function broadcasts(a: tf.Tensor, b: tf.Tensor): boolean {
  const rank = Math.max(a.rank, b.rank);
  return Array.from({ length: rank }).every((_, i) => {
    const [m, n] = [a.shape.at(-1 - i) ?? 1, b.shape.at(-1 - i) ?? 1];
    return m === n || m === 1 || n === 1;
  });
}

function binary(f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operation {
  return (a, b) => (broadcasts(a, b) && a.dtype === 'float32' && b.dtype === 'float32' ? f(a, b) : undefined);
}

function unary(f: (a: tf.Tensor, choice: number) => tf.Tensor): Operation {
  return (a, _, choice) => (a.dtype === 'float32' ? f(a, choice) : undefined);
}

function axisOf(x: tf.Tensor, choice: number): number {
  return x.rank === 0 ? 0 : choice % x.rank;
}

/** The operations; one that does not fit its operands gives `undefined` and is left out. */
const operations: readonly Operation[] = [
  binary(tf.add),
  binary(tf.sub),
  binary(tf.mul),
  binary(tf.maximum),
  binary(tf.minimum),
  binary((a, b) => tf.div(a, tf.add(tf.square(b), 1))),
  binary((a, b) => tf.squaredDifference(a, b)),
  binary((a, b) => tf.add(a, tf.mul(b, -0.25))),
  binary((a, b) => tf.where(tf.greater(a, 0.1), tf.add(a, tf.zerosLike(b)), tf.add(b, tf.zerosLike(a)))),
  unary((a) => tf.relu(a)),
  unary((a) => tf.neg(a)),
  unary(tamed),
  unary((a) => tf.sigmoid(a)),
  unary((a) => tf.exp(tamed(a))),
  unary((a) => tf.sqrt(tf.add(tf.square(a), 1))),
  unary((a) => tf.softplus(a)),
  unary((a) => tf.clipByValue(a, -0.5, 0.75)),
  unary((a) => tf.mul(a, 0.5)),
  unary((a) => tf.reshape(a, [-1])),
  unary((a) => tf.reshape(a, [1, ...a.shape])),
  unary((a) => (a.rank < 2 ? a : tf.transpose(a))),
  unary((a, choice) => (a.rank === 0 ? a : tf.sum(a, axisOf(a, choice), choice % 2 === 0))),
  unary((a, choice) => (a.rank === 0 ? a : tf.mean(a, axisOf(a, choice)))),
  unary((a, choice) => (a.rank === 0 ? a : tf.max(a, axisOf(a, choice), true))),
  unary((a) => (a.rank === 0 ? a : tf.softmax(a))),
  unary((a) => (a.rank === 0 ? a : tf.logSoftmax(a))),
  unary((a, choice) => (a.rank === 0 || a.shape[0] < 2 ? a : tf.slice(a, [choice % 2], [a.shape[0] - 1]))),
  unary((a, choice) => (a.rank === 0 ? a : tf.concat([a, tf.mul(a, 2)], axisOf(a, choice)))),
  unary((a, choice) => (a.rank === 0 ? a : tf.reverse(a, axisOf(a, choice)))),
  unary((a) =>
    a.rank === 0
      ? a
      : tf.pad(
          a,
          a.shape.map(() => [1, 0] as [number, number]),
          0.5,
        ),
  ),
  unary((a) => tf.cast(tf.cast(tf.mul(a, 4), 'int32'), 'float32')),
  unary((a) => tf.clone(a)),
  (a, b) => (String(a.shape) === String(b.shape) ? tf.stack([a, b, a]) : undefined),
  (a, _, choice) => (a.rank === 0 || a.size === 0 ? undefined : tf.unstack(a, axisOf(a, choice)).slice(0, 3)),
  (a, _, choice) => {
    const axis = axisOf(a, choice);
    return a.rank > 0 && a.shape[axis] % 2 === 0 && a.size > 0 ? tf.split(a, 2, axis) : undefined;
  },
  (a, b, choice) => {
    if (a.rank !== 2 || b.rank !== 2) return undefined;
    const [flipA, flipB] = [(choice & 1) !== 0, (choice & 2) !== 0];
    const inner = a.shape[flipA ? 0 : 1];
    if (inner === undefined || inner !== b.shape[flipB ? 1 : 0]) return undefined;
    return tf.div(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, flipA, flipB), Math.max(inner, 1));
  },
  (a, b) => {
    // A dense layer, whose parts are fused.
    const [, n] = a.shape as [number, number];
    if (a.rank !== 2 || b.rank !== 1 || b.shape[0] !== n) return undefined;
    const w = tf.tensor2d(
      Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * 1.3) / n),
      [n, n],
    );
    return tf.relu(tf.add(tf.matMul(a as tf.Tensor2D, w), b));
  },
];

/** Larger intermediate results are left out, so that a run takes milliseconds. */
const LARGEST = 20_000;

/** Runs a program. Which instructions are left out depends on shapes alone. */
export function runProgram(program: Program, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const values: tf.Tensor[] = [...inputs];
  for (const { operation, a, b, choice } of program.instructions) {
    const x = values[a % values.length];
    const y = values[b % values.length];
    if (x.size > LARGEST || y.size > LARGEST) continue;
    const made = operations[operation % operations.length](x, y, choice);
    if (made !== undefined) values.push(...(Array.isArray(made) ? made : [made]));
  }
  return program.results.map((i) => values[values.length - 1 - (i % values.length)]);
}

/** Sizes that meet: broadcasting partners, odd ends of vectors, more than a tile, one, and none. */
const shape = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom([4, 6], [6, 4], [6], [4], [1, 6], [4, 1], [], [6, 6]) },
  { weight: 3, arbitrary: fc.constantFrom([67, 64], [64, 67], [67], [64], [4288]) },
  { weight: 1, arbitrary: fc.constantFrom([0, 4], [1], [0]) },
);

const nat = fc.nat({ max: 1000 });

/** Random programs. */
export const programs: fc.Arbitrary<Program> = fc.record({
  shapes: fc.array(shape, { minLength: 1, maxLength: 3 }),
  instructions: fc.array(
    fc.record({
      operation: fc.nat({ max: operations.length - 1 }),
      a: nat,
      b: nat,
      choice: fc.nat({ max: 3 }),
    }),
    { minLength: 1, maxLength: 24 },
  ),
  results: fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 3 }),
});
