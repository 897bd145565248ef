import { type DataType, type Tensor, zeros } from '@tensorflow/tfjs-core';

/** Whether only shapes are computed. */
export function isAbstract(): boolean {
  return false;
}

/** A tensor that has a shape and a dtype, but no values. */
export function abstractTensor(shape: number[], dtype: DataType): Tensor {
  return zeros(shape, dtype as 'float32');
}
