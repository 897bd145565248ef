import { fill, fused, grads, matMul, mul, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expectClose } from '../../support/compare.js';
import { values } from '../../support/values.js';

/** `a[i] · b[j]` in f64, with bias and relu, batch by batch. */
function product(
  a: Float32Array,
  b: Float32Array,
  batch: number,
  [m, k, n]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
): Float32Array {
  const out = new Float32Array(batch * m * n);
  for (let s = 0; s < batch; s++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let x = 0; x < k; x++) {
          const left = a[s * m * k + (transposeA ? x * m + i : i * k + x)];
          const right = b[s * k * n + (transposeB ? j * k + x : x * n + j)];
          total += left * right;
        }
        out[(s * m + i) * n + j] = total;
      }
    }
  }
  return out;
}

const sizes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 33, 17],
  [1, 40, 2],
  [1, 5, 100],
  [1, 5001, 6],
  [1, 1203, 71],
  [1, 401, 200],
  [7, 1, 9],
  [2, 3, 4],
  [3, 100, 5],
  [4, 8, 8],
  [5, 19, 31],
  [6, 50, 40],
  [9, 20, 33],
  [10, 100, 64],
  [31, 7, 1],
  [6, 5000, 1],
  [13, 1601, 12],
  [70, 800, 45],
  [3, 2, 1100],
];

describe('matrix products on WASM', () => {
  for (const size of sizes) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const [m, k, n] = size;
        it(`multiplies ${m} x ${k} x ${n}, transposed ${String(transposeA)} ${String(transposeB)}, in batches of 1 and 2`, () => {
          for (const batch of [1, 2]) {
            const a = values(batch * m * k, 1);
            const b = values(batch * k * n, 2);
            const result = tidy(() =>
              matMul(
                tensor(a, transposeA ? [batch, k, m] : [batch, m, k]),
                tensor(b, transposeB ? [batch, n, k] : [batch, k, n]),
                transposeA,
                transposeB,
              ),
            );
            expectClose(
              result,
              product(a, b, batch, size, transposeA, transposeB),
              2e-6 * Math.max(1, Math.sqrt(k) / 4),
            );
            result.dispose();
          }
        });
      }
    }
  }

  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      it(`adds the bias and applies relu once, to the finished sum (transposed ${String(transposeA)} ${String(transposeB)})`, () => {
        const [batch, m, k, n] = [3, 5, 100, 7];
        const a = values(batch * m * k, 3);
        const b = values(batch * k * n, 4);
        const bias = values(n, 5);
        const expected = product(a, b, batch, [m, k, n], transposeA, transposeB).map((x, i) =>
          Math.max(0, x + bias[i % n]),
        );
        const result = tidy(() =>
          fused.matMul({
            a: tensor(a, transposeA ? [batch, k, m] : [batch, m, k]),
            b: tensor(b, transposeB ? [batch, n, k] : [batch, k, n]),
            transposeA,
            transposeB,
            bias: tensor(bias),
            activation: 'relu',
          }),
        );
        expectClose(result, expected, 2e-6);
        result.dispose();
      });
    }
  }

  for (const activation of ['relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const) {
    it(`applies ${activation}`, () => {
      const a = values(12, 6).map((x) => 4 * x);
      const b = values(20, 7).map((x) => 4 * x);
      const alpha = values(5, 8);
      const plain = product(a, b, 1, [3, 4, 5], false, false);
      const expected = plain.map((x, i) => {
        switch (activation) {
          case 'relu6':
            return Math.min(6, Math.max(0, x));
          case 'elu':
            return x > 0 ? x : Math.expm1(x);
          case 'sigmoid':
            return 1 / (1 + Math.exp(-x));
          case 'leakyrelu':
            return x > 0 ? x : 0.3 * x;
          case 'prelu':
            return x > 0 ? x : alpha[i % 5] * x;
        }
      });
      const result = tidy(() =>
        fused.matMul({
          a: tensor(a, [3, 4]),
          b: tensor(b, [4, 5]),
          activation,
          leakyreluAlpha: 0.3,
          preluActivationWeights: tensor(alpha),
        }),
      );
      expectClose(result, expected, 2e-6);
      result.dispose();
    });
  }

  it('takes a bias of any shape that broadcasts', () => {
    const a = values(6, 9);
    const b = values(12, 10);
    const plain = product(a, b, 1, [2, 3, 4], false, false);
    for (const [shape, at] of [
      [[], () => 0],
      [[1], () => 0],
      [[1, 4], (i: number) => i % 4],
      [[2, 1], (i: number) => Math.floor(i / 4)],
    ] as const) {
      const bias = values(4, 11).slice(0, shape.length === 0 ? 1 : Math.max(...shape));
      const result = tidy(() =>
        fused.matMul({
          a: tensor(a, [2, 3]),
          b: tensor(b, [3, 4]),
          bias: tensor(bias, [...shape]),
          activation: 'relu',
        }),
      );
      expectClose(
        result,
        plain.map((x, i) => Math.max(0, x + bias[at(i)])),
        2e-6,
        `bias of shape [${shape.join()}]`,
      );
      result.dispose();
    }
  });

  it('broadcasts batch axes', () => {
    const a = values(2 * 1 * 3 * 4, 12);
    const b = values(5 * 4 * 2, 13);
    const result = tidy(() => matMul(tensor(a, [2, 1, 3, 4]), tensor(b, [5, 4, 2])));
    const expected = new Float32Array(2 * 5 * 3 * 2);
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 5; j++) {
        expected.set(
          product(a.slice(i * 12, i * 12 + 12), b.slice(j * 8, j * 8 + 8), 1, [3, 4, 2], false, false),
          (i * 5 + j) * 6,
        );
      }
    }
    expectClose(result, expected, 2e-6);
    result.dispose();
  });

  it('gives zeros for a product over nothing', () => {
    const result = tidy(() => matMul(tensor([], [3, 0]), tensor([], [0, 5])));
    expectClose(result, new Float32Array(15), 0);
    result.dispose();
  });

  it('keeps its precision over four million terms', () => {
    const k = 4_000_000;
    const a = new Float32Array(k).fill(0.1);
    const result = tidy(() => matMul(tensor(a, [1, k]), tensor(a, [k, 1])));
    expectClose(result, Float32Array.of(k * a[0] * a[0]), 1e-5);
    result.dispose();
  });

  it('keeps its precision over a million terms in each entry of a matrix', () => {
    const k = 1_000_000;
    const result = tidy(() => matMul(fill([3, k], 0.1), fill([k, 9], 0.1)));
    const each = Math.fround(0.1) ** 2;
    expectClose(result, new Float32Array(27).fill(k * each), 2e-5);
    result.dispose();
  });

  it('has the gradients of all transposes', () => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const [m, k, n] = [5, 6, 7];
        const a = values(m * k, 14);
        const b = values(k * n, 15);
        const weight = values(m * n, 16);
        const [da, db] = tidy(() =>
          grads((x: Tensor, y: Tensor) =>
            sum(mul(matMul(x, y, transposeA, transposeB), tensor(weight, [m, n]))),
          )([tensor(a, transposeA ? [k, m] : [m, k]), tensor(b, transposeB ? [n, k] : [k, n])]),
        ) as [Tensor, Tensor];
        // dA = W · Bᵀ and dB = Aᵀ · W, laid out as the operand is.
        const left = product(weight, b, 1, [m, n, k], false, !transposeB);
        const right = product(a, weight, 1, [k, m, n], !transposeA, false);
        expectClose(da, transposeA ? transposed(left, m, k) : left, 2e-6, 'gradient of a');
        expectClose(db, transposeB ? transposed(right, k, n) : right, 2e-6, 'gradient of b');
        da.dispose();
        db.dispose();
      }
    }
  });

  for (const [k, n] of [
    [1203, 71],
    [402, 200],
    [1603, 45],
  ] as const) {
    it(`adds bias and applies relu to one row of ${n} after ${k} terms`, () => {
      const [a, b, bias] = [values(k, 1), values(k * n, 2), values(n, 3)];
      const actual = tidy(() =>
        fused
          .matMul({ a: tensor(a, [1, k]), b: tensor(b, [k, n]), bias: tensor(bias), activation: 'relu' })
          .dataSync(),
      );
      const sums = product(a, b, 1, [1, k, n], false, false);
      expectClose(
        actual as Float32Array,
        sums.map((v, j) => Math.max(0, v + bias[j])),
        2e-6,
      );
    });
  }
});

function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  return x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}
