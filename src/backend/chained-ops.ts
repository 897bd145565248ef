import {
  reshape,
  sign,
  stridedSlice,
  Tensor,
  transpose,
  type Rank,
  type ShapeMap,
} from '@tensorflow/tfjs-core';

const methods = {
  flatten(this: Tensor): Tensor {
    return reshape(this, [this.size]);
  },
  reshape(this: Tensor, shape: ShapeMap[Rank]): Tensor {
    return reshape(this, shape);
  },
  sign(this: Tensor): Tensor {
    return sign(this);
  },
  stridedSlice(this: Tensor, begin: number[], end: number[], strides: number[]): Tensor {
    return stridedSlice(this, begin, end, strides);
  },
  transpose(this: Tensor, perm?: number[]): Tensor {
    return transpose(this, perm);
  },
};

/**
 * Gives tensors the methods that the orthogonal initializer of tfjs-layers calls, the default of its recurrent layers. Only the
 * union package registers them, so that `layers.lstm` fails without it. Methods that are there stay.
 */
export function addChainedOps(): void {
  for (const [name, value] of Object.entries(methods)) {
    if (name in Tensor.prototype) continue;
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
}
