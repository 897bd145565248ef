import { clone, customGrad, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

const cut = customGrad((x) => ({ value: clone(x as Tensor), gradFunc: (dy) => zerosLike(dy) }));

/** `x` itself, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return cut(x);
}
