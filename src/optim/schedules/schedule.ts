import {
  add,
  cast,
  cos,
  div,
  floor,
  greaterEqual,
  maximum,
  minimum,
  mul,
  pow,
  scalar,
  sub,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * A number that depends on how many steps were done.
 *
 * Any function will do. One with `onTensor`, as all schedules of this library have, is computed on the device: no value is read,
 * and the step runs inside `hk.jit`, which refuses to read.
 */
export interface Schedule {
  (count: number): number;
  /** The same of a float32 scalar tensor, in tensor operations. */
  readonly onTensor?: ((count: Tensor) => Tensor) | undefined;
}

/** What schedules are written in, once for numbers and once for scalar tensors. */
export interface Arithmetic<T> {
  readonly constant: (value: number) => T;
  readonly add: (a: T, b: T | number) => T;
  readonly sub: (a: T | number, b: T | number) => T;
  readonly mul: (a: T, b: T | number) => T;
  readonly div: (a: T, b: number) => T;
  readonly pow: (base: T | number, exponent: T | number) => T;
  readonly cos: (a: T) => T;
  readonly floor: (a: T) => T;
  readonly min: (a: T, b: number) => T;
  readonly max: (a: T, b: number) => T;
  /** `count >= boundary ? reached : before`; both are computed. */
  readonly from: (count: T, boundary: number, reached: T, before: T) => T;
}

const numbers: Arithmetic<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (base, exponent) => base ** exponent,
  cos: Math.cos,
  floor: Math.floor,
  min: Math.min,
  max: Math.max,
  from: (count, boundary, reached, before) => (count >= boundary ? reached : before),
};

const tensors: Arithmetic<Tensor> = {
  constant: (value) => scalar(value),
  add,
  sub,
  mul,
  div,
  // The stock backends take powers of tensors only, and `x ** 1` is x without a kernel.
  pow: (base, exponent) =>
    typeof base !== 'number' && exponent === 1
      ? base
      : pow(typeof base === 'number' ? scalar(base) : base, exponent),
  cos,
  floor,
  min: minimum,
  max: maximum,
  from: (count, boundary, reached, before) => where(greaterEqual(count, boundary), reached, before),
};

/** A schedule for numbers and tensors from one formula. */
export function schedule(formula: <T>(math: Arithmetic<T>, count: T) => T): Schedule {
  return Object.assign((count: number) => formula(numbers, count), {
    onTensor: (count: Tensor) => formula(tensors, count),
  });
}

/** A schedule multiplied by a number. */
export function scaledSchedule(inner: Schedule, factor: number): Schedule {
  const { onTensor } = inner;
  return Object.assign((count: number) => factor * inner(count), {
    onTensor: onTensor && ((count: Tensor) => mul(onTensor(count), factor)),
  });
}

/** The value of a schedule at an int32 count: a scalar tensor where the schedule gives one, else the count is read. */
export function valueAt(chosen: Schedule, count: Tensor): number | Tensor {
  return chosen.onTensor === undefined
    ? chosen(count.dataSync()[0])
    : chosen.onTensor(cast(count, 'float32'));
}
