import { cast, type Tensor } from '@tensorflow/tfjs-core';

/** `x` as float32, as JAX takes integers and booleans into functions with fractions. */
export function floats(x: Tensor): Tensor {
  return x.dtype === 'float32' ? x : cast(x, 'float32');
}
