import { expect } from 'chai';
import { raw } from '../../../src/backend/wasm/heap.js';
import { expectClose } from '../../support/compare.js';
import { onHeap } from '../../support/heap.js';
import { values } from '../../support/values.js';

describe('optimizer updates by pointer', () => {
  for (const n of [1, 4, 7, 1003]) {
    const [p, g] = [values(n, 1), values(n, 2)];

    it(`adds a multiple, ${n} entries`, () => {
      const [y] = onHeap([p, g], (x, d) => {
        raw().addScaled(n, x, d, -0.1, x);
      });
      expectClose(
        y,
        p.map((v, i) => v - 0.1 * g[i]),
        2e-7,
      );
    });

    it(`steps with momentum, plain and after Nesterov, ${n} entries`, () => {
      for (const nesterov of [0, 1]) {
        const m = values(n, 3);
        const [parameter, trace] = onHeap([p, m, g], (a, b, c) => {
          raw().momentum(n, a, b, c, 0.05, 0.9, nesterov);
        });
        const next = m.map((v, i) => 0.9 * v + g[i]);
        expectClose(trace, next, 2e-7);
        expectClose(
          parameter,
          p.map((v, i) => v - 0.05 * (nesterov === 1 ? g[i] + 0.9 * next[i] : next[i])),
          2e-7,
        );
      }
    });

    it(`steps as Adam with weight decay, ${n} entries`, () => {
      const [m, v] = [values(n, 4), values(n, 5).map(Math.abs)];
      const [c1, c2] = [1 / (1 - 0.9 ** 3), 1 / (1 - 0.999 ** 3)];
      const [parameter, first, second] = onHeap([p, m, v, g], (a, b, c, d) => {
        raw().adam(n, a, b, c, d, 1e-2, 0.9, 0.999, c1, c2, 1e-8, 1e-9, 0.1);
      });
      const nextM = m.map((x, i) => 0.9 * x + 0.1 * g[i]);
      const nextV = v.map((x, i) => 0.999 * x + 0.001 * g[i] ** 2);
      expectClose(first, nextM, 3e-7);
      expectClose(second, nextV, 3e-7);
      const expected = p.map(
        (x, i) => x - 1e-2 * ((nextM[i] * c1) / (Math.sqrt(nextV[i] * c2 + 1e-9) + 1e-8) + 0.1 * x),
      );
      expectClose(parameter, expected, 1e-6);
    });
  }

  it('leaves what lies behind an array alone', () => {
    const [y] = onHeap([values(8, 6), values(8, 7)], (x, d) => {
      raw().addScaled(5, x, d, 1, x);
    });
    expect([...y.subarray(5)]).to.deep.equal([...values(8, 6).subarray(5)]);
  });
});
