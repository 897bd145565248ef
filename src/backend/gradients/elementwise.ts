import type { GradConfig } from '@tensorflow/tfjs-core';
import {
  add,
  clone,
  cos,
  cosh,
  div,
  exp,
  greater,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  neg,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  step,
  sub,
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { fromInput, fromOutput } from './rule.js';

const SELU_SCALE = 1.0507009873554805;
const SELU_SCALE_ALPHA = 1.7580993408473768;

/** Functions of one tensor, element by element. At a kink the derivative is the one that JAX takes. */
export const elementwiseRules: readonly GradConfig[] = [
  fromInput('Abs', (dy, x) => mul(dy, sign(x))),
  fromInput('Acos', (dy, x) => neg(mul(dy, rsqrt(sub(1, square(x)))))),
  fromInput('Acosh', (dy, x) => div(dy, sqrt(sub(square(x), 1)))),
  fromInput('Asin', (dy, x) => mul(dy, rsqrt(sub(1, square(x))))),
  fromInput('Asinh', (dy, x) => mul(dy, rsqrt(add(1, square(x))))),
  fromInput('Atan', (dy, x) => div(dy, add(1, square(x)))),
  fromInput('Atanh', (dy, x) => div(dy, sub(1, square(x)))),
  // Integers have no derivative: the stock rule lets dy pass through the rounding.
  fromInput<{ dtype: string }>('Cast', (dy, x, { dtype }) =>
    dtype === 'float32' ? clone(dy) : zeros(x.shape),
  ),
  fromInput<{ clipValueMin: number; clipValueMax: number }>(
    'ClipByValue',
    (dy, x, { clipValueMin, clipValueMax }) =>
      where(logicalAnd(greaterEqual(x, clipValueMin), lessEqual(x, clipValueMax)), dy, zerosLike(dy)),
  ),
  fromInput('Cos', (dy, x) => neg(mul(dy, sin(x)))),
  fromInput('Cosh', (dy, x) => mul(dy, sinh(x))),
  fromOutput('Elu', (dy, y) => where(greater(y, 0), dy, mul(dy, add(y, 1)))),
  fromInput('Erf', (dy, x) => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))),
  fromOutput('Exp', (dy, y) => mul(dy, y)),
  fromOutput('Expm1', (dy, y) => mul(dy, add(y, 1))),
  fromInput('Identity', (dy) => clone(dy)),
  fromInput<{ alpha: number }>('LeakyRelu', (dy, x, { alpha }) => where(greater(x, 0), dy, mul(dy, alpha))),
  fromInput('Log', (dy, x) => div(dy, x)),
  fromInput('Log1p', (dy, x) => div(dy, add(1, x))),
  fromInput('Neg', (dy) => neg(dy)),
  fromOutput('Reciprocal', (dy, y) => neg(mul(dy, square(y)))),
  fromInput('Relu', (dy, x) => mul(dy, step(x))),
  fromInput('Relu6', (dy, x) => mul(dy, mul(step(x), step(sub(6, x))))),
  fromOutput('Rsqrt', (dy, y) => mul(mul(dy, -0.5), mul(y, square(y)))),
  fromInput('Selu', (dy, x) =>
    mul(dy, where(greater(x, 0), mul(step(x), SELU_SCALE), mul(exp(x), SELU_SCALE_ALPHA))),
  ),
  fromOutput('Sigmoid', (dy, y) => mul(dy, mul(y, sub(1, y)))),
  fromInput('Sin', (dy, x) => mul(dy, cos(x))),
  fromInput('Sinh', (dy, x) => mul(dy, cosh(x))),
  fromInput('Softplus', (dy, x) => mul(dy, sigmoid(x))),
  fromOutput('Sqrt', (dy, y) => div(dy, mul(y, 2))),
  fromInput('Square', (dy, x) => mul(dy, mul(x, 2))),
  fromOutput('Tan', (dy, y) => mul(dy, add(1, square(y)))),
  fromOutput('Tanh', (dy, y) => mul(dy, sub(1, square(y)))),
];
