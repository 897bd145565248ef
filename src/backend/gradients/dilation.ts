import type { Tensor } from '@tensorflow/tfjs-core';
import { clone, pad, reshape, slice } from '@tensorflow/tfjs-core';
import { sizeOf } from './broadcasting.js';

/** Puts `step - 1` zeros between the neighbours along an axis: the adjoint of taking every `step`-th entry. */
export function dilate(x: Tensor, axis: number, step: number): Tensor {
  const n = x.shape[axis];
  if (step === 1 || n === 0) return clone(x);
  const before = sizeOf(x.shape.slice(0, axis));
  const after = sizeOf(x.shape.slice(axis + 1));
  const spread = pad(reshape(x, [before * n, 1, after]), [
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const size = (n - 1) * step + 1;
  const cut = slice(reshape(spread, [before, n * step, after]), [0, 0, 0], [before, size, after]);
  return reshape(cut, [...x.shape.slice(0, axis), size, ...x.shape.slice(axis + 1)]);
}

/** Takes every `step`-th entry along an axis, `n` of them: the adjoint of {@link dilate}. */
export function undilate(x: Tensor, axis: number, step: number, n: number): Tensor {
  if (step === 1) return clone(x);
  const before = sizeOf(x.shape.slice(0, axis));
  const after = sizeOf(x.shape.slice(axis + 1));
  const size = x.shape[axis];
  const whole = pad(reshape(x, [before, size, after]), [
    [0, 0],
    [0, n * step - size],
    [0, 0],
  ]);
  const taken = slice(reshape(whole, [before * n, step, after]), [0, 0, 0], [before * n, 1, after]);
  return reshape(taken, [...x.shape.slice(0, axis), n, ...x.shape.slice(axis + 1)]);
}
