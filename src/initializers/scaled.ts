import { add, mul, scalar, type Tensor } from '@tensorflow/tfjs-core';

/** `stddev · x + mean`, each step rounded to float32 as Haiku does it. */
export function scaled(x: Tensor, stddev: number, mean: number): Tensor {
  const product = stddev === 1 ? x : mul(x, scalar(stddev));
  // Adding 0 changes nothing but the sign of the zeros that a deviation of 0 makes.
  return mean === 0 && stddev !== 0 ? product : add(product, scalar(mean));
}
