import { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { fromTensor, toTensor } from '../stored-array.js';
import { readNpy, writeNpy } from './npy.js';

/**
 * A tensor as the bytes of an npy file, for `numpy.load`.
 *
 * @throws `checkpoint-leaf-invalid` for anything else
 */
export function saveNpy(leaf: Tensor): Uint8Array {
  if (!(leaf instanceof Tensor)) {
    throw new TankaError(
      'checkpoint-leaf-invalid',
      `saveNpy takes one tensor, but got ${typeof leaf}. Save a tree with saveNpz or saveSafetensors.`,
    );
  }
  return writeNpy(fromTensor('the tensor', leaf));
}

/**
 * The tensor of an npy file.
 *
 * @throws `checkpoint-corrupt`, `checkpoint-dtype-unsupported`, `checkpoint-value-range`
 */
export function loadNpy(bytes: Uint8Array): Tensor {
  return toTensor(readNpy('the array', bytes));
}
