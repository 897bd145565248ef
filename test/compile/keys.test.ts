import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { jit } from '../../src/compile/jit.js';
import * as random from '../../src/random/index.js';
import { expectBits } from '../support/compare.js';

describe('jit and random keys', () => {
  it('draws what the function draws, for every key', () => {
    const f = (key: random.PRNGKey): { mask: Tensor; noise: Tensor; next: random.PRNGKey } => {
      const [next, a, b] = random.split(random.foldIn(key, 3), 3);
      return { mask: random.bernoulli(a, 0.5, [7]), noise: mul(random.normal(b, [5]), 2), next };
    };
    const jitted = jit(f);
    for (const seed of [0, 1, 42]) {
      tidy(() => {
        const actual = jitted(random.key(seed));
        const expected = f(random.key(seed));
        expectBits(actual.mask, expected.mask.dataSync());
        expectBits(actual.noise, expected.noise.dataSync());
        expectBits(actual.next, expected.next);
      });
    }
    jitted.dispose();
  });
});
