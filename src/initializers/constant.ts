import { broadcastTo, cast, fill, Tensor, tensor, tidy, type TensorLike } from '@tensorflow/tfjs-core';
import type { Initializer } from '../module/parameters.js';
import { checkKnown } from './checks.js';

/**
 * All values equal, or those of an array or tensor that broadcasts to the shape. Takes no key.
 * The initializer throws `initializer-dtype-invalid` for a dtype that no backend has.
 */
export function constant(value: Tensor | TensorLike): Initializer {
  return (shape, dtype) => {
    if (typeof value === 'number' && dtype === 'float32') return fill(shape, value, dtype);
    checkKnown('constant', dtype);
    return tidy(() => cast(broadcastTo(value instanceof Tensor ? value : tensor(value), shape), dtype));
  };
}
