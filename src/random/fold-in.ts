import { Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import type { PRNGKey } from './key.js';
import { checkWhole, perform, refuseArgument, type WithScheme } from './perform.js';
import { hashed } from './schemes.js';

const operation: RandomOperation<{ readonly data: number | null } & WithScheme, PRNGKey> = {
  name: 'foldIn',
  abstract: ({ keys: [key], tensors, attributes: { data } }) =>
    tensors.length > 0 ? key.slice() : hashed(key, data ?? 0),
  run: ({ keys: [key], tensors, attributes: { data } }) => hashed(key, data ?? tensors[0].dataSync()[0]),
};

/**
 * A new key that depends on `key` and a number, as `jax.random.fold_in`.
 *
 * @param data a whole number from 0 to 2^32 − 1, or a scalar int32 tensor (its 32 bits), such as a counter of steps.
 * @throws `key-invalid`; `random-argument-invalid`
 */
export function foldIn(key: PRNGKey, data: number | Tensor): PRNGKey {
  if (data instanceof Tensor) {
    if (data.rank !== 0 || data.dtype !== 'int32') {
      refuseArgument(
        'foldIn',
        `data must be a scalar of int32, but is ${data.dtype} of shape [${String(data.shape)}].`,
      );
    }
    return perform(operation, key, { data: null }, [data]);
  }
  checkWhole('foldIn', 'data', data, [0, 2 ** 32 - 1]);
  return perform(operation, key, { data });
}
