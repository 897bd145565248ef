import {
  add,
  addN,
  concat,
  mul,
  neg,
  pad,
  relu,
  slice,
  stack,
  tensor,
  tidy,
  transpose,
  unstack,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { jit } from '../../src/compile/jit.js';
import { expectBits } from '../support/compare.js';

/** Values of both signs, other ones for each seed. */
function values(shape: number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed * 7.3 + i * 1.9)),
    shape,
  );
}

const cases: Record<string, [f: (x: Tensor, y: Tensor) => Tensor, shapes: [number[], number[]]]> = {
  neg: [(x) => neg(x), [[3, 5], [1]]],
  relu: [(x) => relu(x), [[3, 5], [1]]],
  'zeros like': [(x) => zerosLike(x), [[3, 5], [1]]],
  'a sum of many': [(x, y) => addN([x, y, x]), [[7], [7]]],
  'a slice of rows': [(x) => slice(x, [1], [2]), [[4, 5], [1]]],
  'a slice up to the end': [(x) => slice(x, [1]), [[4, 5], [1]]],
  'a slice of the columns up to the end': [(x) => slice(x, [0, 2]), [[4, 5], [1]]],
  'a slice of a block': [(x) => slice(x, [1, 0, 2], [2, 3, -1]), [[4, 3, 5], [1]]],
  'a transpose': [(x) => transpose(x), [[4, 5], [1]]],
  'a transpose of many axes': [(x) => transpose(x, [2, 0, 3, 1]), [[2, 3, 4, 5], [1]]],
  'a concatenation of rows': [
    (x, y) => concat([x, y], 0),
    [
      [2, 3],
      [4, 3],
    ],
  ],
  'a concatenation of columns': [
    (x, y) => concat([x, y], -1),
    [
      [2, 3],
      [2, 1],
    ],
  ],
  'a concatenation in the middle': [
    (x, y) => concat([x, y], 1),
    [
      [2, 3, 4],
      [2, 2, 4],
    ],
  ],
  'a stack': [
    (x, y) => stack([x, y], 1),
    [
      [2, 3],
      [2, 3],
    ],
  ],
  'parts of an unstack': [(x) => add(mul(unstack(x, 1)[2], 3), unstack(x, 1)[0]), [[2, 3, 4], [1]]],
  'a padded vector': [(x) => pad(x, [[2, 1]], 0.5), [[3], [1]]],
  'a padded image': [
    (x) =>
      pad(x, [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 0],
      ]),
    [[2, 3, 4, 2], [1]],
  ],
  'a padded volume': [
    (x) =>
      pad(
        x,
        [
          [1, 0],
          [1, 2],
          [0, 1],
          [2, 2],
          [0, 1],
        ],
        -1,
      ),
    [[2, 1, 3, 2, 2], [1]],
  ],
};

describe('kernels that only plans have give, bit by bit,', () => {
  for (const [name, [f, shapes]] of Object.entries(cases)) {
    it(name, () => {
      const jitted = jit(f);
      for (const seed of [1, 2, 3]) {
        tidy(() => {
          const [x, y] = shapes.map((shape, i) => values(shape, seed + 10 * i));
          // Doubled, so that the operation reads a buffer of the plan.
          const expected = f(mul(x, 2), y).dataSync() as Float32Array;
          expectBits(jitted(mul(x, 2), y), expected);
        });
      }
      jitted.dispose();
    });
  }
});
