import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { address, discard, floats, integers, makeOutput, raw } from '../heap.js';
import { kernel, requireFloat, runKernel } from '../kernel.js';

/** The functions of `assembly/unary.ts` by number. */
const unaryFunctions = {
  exp: 0,
  log: 1,
  tanh: 2,
  sigmoid: 3,
  erf: 4,
  softplus: 5,
  silu: 6,
  geluTanh: 7,
  geluErf: 8,
  elu: 9,
  rsqrt: 10,
  sqrt: 11,
  sign: 12,
  clip: 13,
  step: 14,
  expm1: 15,
  log1p: 16,
  reciprocal: 17,
  square: 18,
} as const;

/** `f(x)` of a float32 tensor. */
function unary(f: keyof typeof unaryFunctions, x: TensorInfo, p = 0, q = 0): TensorInfo {
  const out = makeOutput(x.shape);
  raw().unary(unaryFunctions[f], util.sizeFromShape(x.shape), address(x), address(out), p, q);
  return out;
}

/** `f` of each integer. */
function mapIntegers(x: TensorInfo, f: (value: number) => number): TensorInfo {
  const out = makeOutput(x.shape, 'int32');
  const from = integers(x);
  const to = integers(out);
  for (let i = 0; i < from.length; i++) to[i] = f(from[i]);
  return out;
}

/** Integers become floats first, as the result of such a function is one. */
function ofFloats(x: TensorInfo, f: (x: TensorInfo) => TensorInfo): TensorInfo {
  if (x.dtype === 'float32') return f(x);
  const cast = runKernel('Cast', { x }, { dtype: 'float32' });
  try {
    return f(cast);
  } finally {
    discard(cast);
  }
}

interface Unary {
  readonly x: TensorInfo;
}

function vectorKernel(kernelName: string, f: keyof typeof unaryFunctions, p = 0, q = 0): KernelConfig {
  return kernel<Unary, object>(kernelName, ({ inputs: { x } }) => ofFloats(x, (t) => unary(f, t, p, q)));
}

/** A kernel that asks JavaScript's `Math`, which is right for all arguments: small, huge and not a number. */
function mathKernel(kernelName: string, f: (value: number) => number): KernelConfig {
  return kernel<Unary, object>(kernelName, ({ inputs: { x } }) =>
    ofFloats(x, (t) => {
      const out = makeOutput(t.shape);
      const from = floats(t);
      const to = floats(out);
      for (let i = 0; i < from.length; i++) to[i] = f(from[i]);
      return out;
    }),
  );
}

function clip(x: TensorInfo, low: number, high: number): TensorInfo {
  if (x.dtype === 'float32') return unary('clip', x, low, high);
  const out = makeOutput(x.shape, x.dtype);
  requireFloat('ClipByValue', x.dtype === 'int32' ? undefined : x);
  const smallest = Math.max(Math.ceil(low), -(2 ** 31));
  const largest = Math.min(Math.floor(high), 2 ** 31 - 1);
  raw().clipInt(util.sizeFromShape(x.shape), address(x), address(out), smallest, largest);
  return out;
}

const SELU_SCALE = 1.0507009873554805;
const SELU_SCALE_ALPHA = 1.7580993408473768;

/** Functions of one tensor, element by element. */
export const unaryKernels: readonly KernelConfig[] = [
  vectorKernel('Erf', 'erf'),
  vectorKernel('Exp', 'exp'),
  vectorKernel('Log', 'log'),
  vectorKernel('Reciprocal', 'reciprocal'),
  vectorKernel('Rsqrt', 'rsqrt'),
  vectorKernel('Selu', 'elu', SELU_SCALE, SELU_SCALE_ALPHA),
  vectorKernel('Sigmoid', 'sigmoid'),
  vectorKernel('Softplus', 'softplus'),
  vectorKernel('Sqrt', 'sqrt'),
  vectorKernel('Tanh', 'tanh'),
  mathKernel('Cos', Math.cos),
  mathKernel('Expm1', Math.expm1),
  mathKernel('Log1p', Math.log1p),
  mathKernel('Sin', Math.sin),
  mathKernel('Tan', Math.tan),
  kernel<Unary, { readonly clipValueMin: number; readonly clipValueMax: number }>(
    'ClipByValue',
    ({ inputs: { x }, attrs: { clipValueMin, clipValueMax } }) => clip(x, clipValueMin, clipValueMax),
  ),
  kernel<Unary, { readonly approximate: boolean }>('TankaGelu', ({ inputs: { x }, attrs: { approximate } }) =>
    unary(approximate ? 'geluTanh' : 'geluErf', x),
  ),
  kernel<Unary & { readonly dy: TensorInfo }, { readonly approximate: boolean }>(
    'TankaGeluGradient',
    ({ inputs: { x, dy }, attrs: { approximate } }) => {
      const out = makeOutput(x.shape);
      const args = [util.sizeFromShape(x.shape), address(x), address(dy), address(out)] as const;
      if (approximate) raw().geluTanhGradient(...args);
      else raw().geluErfGradient(...args);
      return out;
    },
  ),
  kernel<Unary, object>('Relu', ({ inputs: { x } }) => clip(x, 0, Infinity)),
  kernel<Unary, object>('Relu6', ({ inputs: { x } }) => clip(x, 0, 6)),
  kernel<Unary, object>('Sign', ({ inputs: { x } }) =>
    x.dtype === 'int32' ? mapIntegers(x, Math.sign) : ofFloats(x, (t) => unary('sign', t)),
  ),
  kernel<Unary, object>('Square', ({ inputs: { x } }) =>
    x.dtype === 'float32' ? unary('square', x) : runKernel('Multiply', { a: x, b: x }),
  ),
  kernel<Unary, { readonly alpha?: number }>('Step', ({ inputs: { x }, attrs: { alpha = 0 } }) =>
    x.dtype === 'int32'
      ? mapIntegers(x, (value) => (value > 0 ? 1 : alpha))
      : ofFloats(x, (t) => unary('step', t, alpha)),
  ),
];
