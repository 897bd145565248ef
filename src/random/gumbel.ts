import type { Tensor } from '@tensorflow/tfjs-core';
import { draw } from './draw.js';
import { fromBits } from './float32.js';
import type { PRNGKey } from './key.js';
import { sample, sampler } from './perform.js';
import type { Scheme } from './schemes.js';

/** The least normal float32: keeps the logarithm finite. */
export const TINY = fromBits(0x00800000);

function negate(floats: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) floats[i] = -floats[i];
}

/** Float32 values of the standard Gumbel distribution, `−log(−log u)`. */
export function drawGumbel(key: PRNGKey, count: number, scheme: Scheme): Float32Array {
  return draw(key, count, scheme, (kernels, size) => {
    kernels.uniform(size, TINY, 1);
    kernels.log(size);
    negate(kernels.floats, size);
    kernels.log(size);
    negate(kernels.floats, size);
  });
}

const operation = /* @__PURE__ */ sampler('gumbel', 'float32', drawGumbel);

/**
 * Float32 samples of the standard Gumbel distribution, as `jax.random.gumbel` in its default mode.
 *
 * @param shape of the result; default a scalar
 * @throws `key-invalid`; `random-shape-invalid`
 */
export function gumbel(key: PRNGKey, shape: readonly number[] = []): Tensor {
  return sample(operation, key, shape);
}
