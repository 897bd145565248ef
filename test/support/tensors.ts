import type { Tensor } from '@tensorflow/tfjs-core';

/** The values of a tensor as a plain array. */
export function values(tensor: Tensor): number[] {
  return [...(tensor.dataSync() as unknown as Iterable<number>)];
}
