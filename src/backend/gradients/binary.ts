import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import {
  add,
  cast,
  div,
  equal,
  floor,
  greater,
  greaterEqual,
  log,
  mul,
  neg,
  onesLike,
  pow,
  reshape,
  square,
  sub,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { unbroadcast } from './broadcasting.js';
import { rule } from './rule.js';

/** A rule of a kernel of `a` and `b`: partial derivatives times dy at the broadcast shape, summed back to each operand. */
function binaryRule(
  kernelName: string,
  byA: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
  byB: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
  outputs?: readonly boolean[],
): GradConfig {
  return rule(kernelName, { inputs: ['a', 'b'], ...(outputs && { outputs }) }, (dy, [a, b, y]) => ({
    a: () => unbroadcast(byA(dy, a, b, y), a.shape),
    b: () => unbroadcast(byB(dy, a, b, y), b.shape),
  }));
}

/** 1 where `a` wins over `b`, 0 where it loses, 1/2 at a tie: the subgradient that JAX and central differences agree on. */
function wins(a: Tensor, b: Tensor): Tensor {
  return mul(add(cast(greater(a, b), 'float32'), cast(greaterEqual(a, b), 'float32')), 0.5);
}

/** Functions of two tensors that broadcast against each other. */
export const binaryRules: readonly GradConfig[] = [
  binaryRule(
    'Add',
    (dy) => dy,
    (dy) => dy,
  ),
  binaryRule(
    'Atan2',
    (dy, a, b) => mul(dy, div(b, add(square(a), square(b)))),
    (dy, a, b) => neg(mul(dy, div(a, add(square(a), square(b))))),
  ),
  binaryRule(
    'Maximum',
    (dy, a, b) => mul(dy, wins(a, b)),
    (dy, a, b) => mul(dy, wins(b, a)),
  ),
  binaryRule(
    'Minimum',
    (dy, a, b) => mul(dy, wins(b, a)),
    (dy, a, b) => mul(dy, wins(a, b)),
  ),
  binaryRule(
    'Mod',
    (dy) => dy,
    (dy, a, b) => neg(mul(dy, floor(div(a, b)))),
  ),
  binaryRule(
    'Multiply',
    (dy, _a, b) => mul(dy, b),
    (dy, a) => mul(dy, a),
  ),
  binaryRule(
    'Pow',
    // The exponent 0 is kept away from 0 - 1, so that x⁰ has the derivative 0 at x = 0 too.
    (dy, a, b) => mul(dy, mul(b, pow(a, where(equal(b, 0), onesLike(b), sub(b, 1))))),
    (dy, a, _b, y) => mul(dy, mul(y, where(equal(a, 0), zerosLike(a), log(a)))),
    [true],
  ),
  binaryRule(
    'RealDiv',
    (dy, _a, b) => div(dy, b),
    (dy, a, b) => neg(mul(dy, div(div(a, b), b))),
  ),
  binaryRule(
    'SquaredDifference',
    (dy, a, b) => mul(dy, mul(sub(a, b), 2)),
    (dy, a, b) => mul(dy, mul(sub(b, a), 2)),
  ),
  binaryRule(
    'Sub',
    (dy) => dy,
    (dy) => neg(dy),
  ),
  rule('AddN', { allInputs: true }, (dy, terms) => terms.map((term) => () => reshape(dy, term.shape))),
  rule('Prelu', { inputs: ['x', 'alpha'] }, (dy, [x, alpha]) => ({
    x: () => where(greater(x, 0), dy, mul(dy, alpha)),
    alpha: () => unbroadcast(where(greater(x, 0), zerosLike(dy), mul(dy, x)), alpha.shape),
  })),
];
