import { engine } from '@tensorflow/tfjs-core';

/**
 * The id that separates the tensors made so far from those made later: tensor ids only grow.
 * The engine has the counter, but its type hides it.
 */
export function tensorIdMark(): number {
  return (engine() as unknown as { nextTensorId(): number }).nextTensorId();
}
