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

/** Weights that are the same in each run of a program. */
function weights(rows: number, columns: number, phase: number): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 1.3 + phase) / (rows + 1)),
    [rows, columns],
  );
}

/** Layer norms in the orders in which people write them. */
function layerNorm(x: tf.Tensor, choice: number): tf.Tensor {
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const variance = choice === 0 ? tf.moments(x, -1, true).variance : tf.mean(tf.square(centred), -1, true);
  if (choice === 1) return tf.div(centred, tf.sqrt(tf.add(variance, 1e-2)));
  const inverse = tf.rsqrt(tf.add(variance, 1e-2));
  const scale = tf.reshape(weights(1, x.shape[x.rank - 1], choice), [-1]);
  if (choice === 2) {
    const factor = tf.mul(inverse, scale);
    return tf.add(tf.mul(x, factor), tf.sub(0.5, tf.mul(mean, factor)));
  }
  return tf.add(tf.mul(tf.mul(centred, inverse), scale), scale);
}

function softmax(x: tf.Tensor, choice: number): tf.Tensor {
  const shifted = tf.sub(x, tf.max(x, -1, true));
  const e = tf.exp(shifted);
  const total = tf.sum(e, -1, true);
  if (choice === 0) return tf.div(e, total);
  if (choice === 1) return tf.sub(shifted, tf.log(total));
  if (choice === 2) return tf.sub(x, tf.logSumExp(x, -1, true));
  return tf.mul(e, tf.reciprocal(total));
}

function gelu(x: tf.Tensor, choice: number): tf.Tensor {
  if (choice === 0) return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))));
  if (choice === 1) return tf.mul(x, tf.sigmoid(x));
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
  return choice === 2
    ? tf.mul(x, tf.mul(0.5, tf.add(1, tf.tanh(inner))))
    : tf.mul(tf.sigmoid(tf.mul(inner, 2)), x);
}

/** A step of a recurrent cell from inputs of rows to a state of rows, or an unroll whose weights have gradients and whose inputs have none. */
function cells(inputs: tf.Tensor, state: tf.Tensor, choice: number): tf.Tensor[] {
  const [x, h] = [inputs, state] as [tf.Tensor2D, tf.Tensor2D];
  const [m, n] = [x.shape[1], h.shape[1]];
  const isUnroll = choice >= 2;
  const scale = isUnroll ? tf.tanh(tf.add(tf.mean(h), 1)) : 1;
  const own = (rows: number, columns: number, phase: number): tf.Tensor2D =>
    tf.mul(weights(rows, columns, phase), scale);
  const step = choice % 2 === 0 ? lstmStep : m % 4 === 0 ? gruAfterStep : gruStep;
  if (!isUnroll) return step(x, [h, h], own, [m, n]);
  let carry: tf.Tensor[] = [h, h];
  // With equal weights in each step: made once, as parameters are.
  const made = new Map<string, tf.Tensor2D>();
  const once: typeof own = (rows, columns, phase) => {
    const known = made.get(`${rows} ${columns} ${phase}`) ?? own(rows, columns, phase);
    made.set(`${rows} ${columns} ${phase}`, known);
    return known;
  };
  const constant = weights(x.shape[0], m, 5);
  for (let i = 0; i < 5; i++) carry = step(i === 4 ? x : constant, carry, once, [m, n]);
  return carry;
}

type Weights = (rows: number, columns: number, phase: number) => tf.Tensor2D;

function lstmStep(
  x: tf.Tensor2D,
  [h, c]: readonly tf.Tensor[],
  own: Weights,
  [m, n]: readonly number[],
): tf.Tensor[] {
  const [i, g, f, o] = tf.split(tf.matMul(tf.concat([x, h], 1) as tf.Tensor2D, own(m + n, 4 * n, 0)), 4, 1);
  const cell = tf.add(tf.mul(tf.sigmoid(tf.add(f, 1)), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), cell];
}

function gruStep(
  x: tf.Tensor2D,
  [h]: readonly tf.Tensor[],
  own: Weights,
  [m, n]: readonly number[],
): tf.Tensor[] {
  const [wGates, wCandidate] = tf.split(own(n, 3 * n, 1), [2 * n, n], 1);
  const shares = tf.add(tf.matMul(x, own(m, 3 * n, 2)), tf.reshape(own(1, 3 * n, 3), [-1]));
  const [xGates, xCandidate] = tf.split(shares, [2 * n, n], 1);
  const [z, r] = tf.split(tf.sigmoid(tf.add(xGates, tf.matMul(h as tf.Tensor2D, wGates))), 2, 1);
  const a = tf.tanh(tf.add(xCandidate, tf.matMul(tf.mul(r, h) as tf.Tensor2D, wCandidate)));
  return [tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a))];
}

/** A GRU that resets behind its product. */
function gruAfterStep(
  x: tf.Tensor2D,
  [h]: readonly tf.Tensor[],
  own: Weights,
  [m, n]: readonly number[],
): tf.Tensor[] {
  const [xz, xr, xa] = tf.split(
    tf.add(tf.matMul(x, own(m, 3 * n, 2)), tf.reshape(own(1, 3 * n, 3), [-1])),
    3,
    1,
  );
  const [hz, hr, ha] = tf.split(tf.matMul(h as tf.Tensor2D, own(n, 3 * n, 1)), 3, 1);
  const z = tf.sigmoid(tf.add(xz, hz));
  const a = tf.tanh(tf.add(xa, tf.mul(tf.sigmoid(tf.add(xr, hr)), ha)));
  return [tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a))];
}

/** A convolution of what fits into a small image, added to the image. */
function residualBlock(x: tf.Tensor, choice: number): tf.Tensor | undefined {
  const channels = x.size / 16;
  if (!Number.isInteger(channels) || channels === 0 || channels > 24) return undefined;
  const image = tf.reshape(x, [1, 4, 4, channels]) as tf.Tensor4D;
  const size = choice < 2 ? 1 : 3;
  const filter = tf.reshape(weights(size * size * channels, channels, choice), [
    size,
    size,
    channels,
    channels,
  ]);
  const sum = tf.add(image, tf.conv2d(image, filter as tf.Tensor4D, 1, 'same'));
  return choice % 2 === 0 ? sum : tf.relu(sum);
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
    return tf.relu(tf.add(tf.matMul(a as tf.Tensor2D, weights(n, n, 0)), b));
  },
  unary((a, choice) => (a.rank === 0 || a.size === 0 ? a : layerNorm(a, choice))),
  unary((a, choice) => (a.rank === 0 || a.size === 0 ? a : softmax(a, choice))),
  unary(gelu),
  (a, b, choice) => {
    const isStep = a.rank === 2 && b.rank === 2 && a.shape[0] === b.shape[0] && a.size > 0 && b.size > 0;
    return isStep ? cells(a, tamed(b), choice) : undefined;
  },
  (a, _, choice) => {
    // A dense layer on top of what it is added to.
    const [, n] = a.shape as [number, number];
    if (a.rank !== 2 || a.size === 0) return undefined;
    const sum = tf.add(tf.matMul(a as tf.Tensor2D, weights(n, n, 4)), choice < 2 ? a : tf.tanh(a));
    return choice % 2 === 0 ? sum : tf.relu(sum);
  },
  (a, _, choice) => (a.dtype === 'float32' ? residualBlock(a, choice) : undefined),
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
  { weight: 6, arbitrary: fc.constantFrom([4, 6], [6, 4], [6], [4], [1, 6], [4, 1], [], [6, 6], [4, 4]) },
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
