import {
  conv2d,
  dispose,
  fused,
  matMul,
  reshape,
  tensor,
  tidy,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { stockModule, wasmBackend } from '../../../src/backend/wasm/heap.js';
import { expectClose } from '../../support/compare.js';
import { values } from '../../support/values.js';

/** Counts what is allocated and given back during `body`. */
function allocations(body: () => void): number {
  const module = stockModule(wasmBackend());
  const [malloc, free] = [module._malloc, module._free];
  let live = 0;
  module._malloc = (bytes) => {
    live++;
    return malloc(bytes);
  };
  module._free = (pointer) => {
    live--;
    free(pointer);
  };
  try {
    body();
  } finally {
    [module._malloc, module._free] = [malloc, free];
  }
  return live;
}

describe('packed weights on WASM', () => {
  const run = (x: Tensor, w: Tensor): Float32Array => tidy(() => matMul(x, w).dataSync<'float32'>().slice());

  it('are used from the second time on, give the same, and go with the weight', () => {
    const [x, w] = [tensor(values(20 * 800, 1), [20, 800]), tensor(values(800 * 70, 2), [800, 70])];
    const first = run(x, w);
    expect(allocations(() => expectClose(run(x, w), first, 1e-6))).to.equal(1);
    expect(allocations(() => expectClose(run(x, w), first, 1e-6))).to.equal(0);
    // Another view of the same values.
    const other = reshape(w, [400, 140]);
    const left = tensor(values(20 * 400, 3), [20, 400]);
    const fresh = tensor(other.dataSync(), [400, 140]);
    expectClose(run(left, other), run(left, fresh), 1e-6);
    other.dispose();
    expect(
      allocations(() => {
        w.dispose();
      }),
    ).to.equal(-2);
    dispose([x, left, fresh]);
  });

  it('are those of the weight that is there now', () => {
    const x = tensor(values(20 * 800, 4), [20, 800]);
    for (let seed = 5; seed < 9; seed++) {
      const w = tensor(values(800 * 70, seed), [800, 70]);
      const results = [run(x, w), run(x, w), run(x, w)];
      expectClose(results[1], results[0], 1e-6);
      expectClose(results[2], results[0], 1e-6);
      w.dispose();
    }
    x.dispose();
  });

  it('serve one row and few rows, of any length and width', () => {
    for (const [m, k, n] of [
      [1, 4801, 7],
      [1, 9000, 10],
      [1, 402, 33],
      [1, 129, 64],
      [2, 333, 71],
      [3, 333, 71],
      [1, 64, 1000],
    ]) {
      const [x, w, bias] = [
        tensor<Rank.R2>(values(m * k, m), [m, k]),
        tensor<Rank.R2>(values(k * n, k), [k, n]),
        tensor(values(n, n), [n]),
      ];
      const once = (): Float32Array =>
        tidy(() => fused.matMul({ a: x, b: w, bias, activation: 'relu' }).dataSync<'float32'>().slice());
      const first = once();
      for (let i = 0; i < 2; i++) expectClose(once(), first, 2e-5);
      dispose([x, w, bias]);
    }
  });

  it('serve convolutions, with batches and padding', () => {
    const x = tensor<Rank.R4>(values(2 * 9 * 9 * 16, 10), [2, 9, 9, 16]);
    const w = tensor<Rank.R4>(values(9 * 16 * 40, 11), [3, 3, 16, 40]);
    const once = (): Float32Array => tidy(() => conv2d(x, w, 2, 'same').dataSync<'float32'>().slice());
    const first = once();
    for (let i = 0; i < 3; i++) expectClose(once(), first, 0);
    dispose([x, w]);
  });
});
