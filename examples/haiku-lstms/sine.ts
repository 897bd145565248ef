import { add, expandDims, mul, range, sin, tidy, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

const SAMPLES_PER_CYCLE = 20;

/** Sine waves of random phase: `[length, count, 1]`. */
export function sineWaves(key: hk.PRNGKey, count: number, length: number): Tensor3D {
  return tidy(() => {
    const phases = hk.random.uniform(key, [1, count], { maxval: 2 * Math.PI });
    const times: Tensor = mul(expandDims(range(0, length), 1), (2 * Math.PI) / SAMPLES_PER_CYCLE);
    return expandDims(sin(add(times, phases)), 2);
  });
}
