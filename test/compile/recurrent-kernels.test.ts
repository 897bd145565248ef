import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { backend } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { address, rawOn } from '../../src/backend/wasm/heap.js';
import type { RawKernels } from '../../src/backend/wasm/exports.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Values near 0, of usual size, and where activations end. */
function spread(n: number, seed: number): Float32Array {
  const sizes = [1e-6, 1e-3, 0.3, 1, 4, 30, 200, 0];
  return Float32Array.from(
    { length: n },
    (_, i) => sizes[(i * 5 + seed) % 8] * Math.sin(seed * 3.1 + i * 1.7),
  );
}

/** Runs raw functions on tensors with a guard behind their values. */
function onHeap(
  inputs: readonly Float32Array[],
  run: (raw: RawKernels, ...at: number[]) => void,
): Float32Array[] {
  const tensors = inputs.map((values): Tensor => tensor([...values, 7]));
  run(rawOn(backend()) as RawKernels, ...tensors.map(address));
  return tensors.map((one) => {
    const values = one.dataSync() as Float32Array;
    one.dispose();
    expect(values.at(-1), 'behind the end').to.equal(7);
    return values.subarray(0, -1);
  });
}

function expectNear(actual: Float32Array, expected: (i: number) => number, tolerance: number): void {
  actual.forEach((value, i) => {
    const wanted = expected(i);
    if (!(Math.abs(value - wanted) <= tolerance * Math.max(Math.abs(wanted), 1e-30)))
      expect.fail(`entry ${i}: ${value} differs from ${wanted}`);
  });
}

describe('cells between their products', () => {
  for (const hidden of [1, 3, 4, 5, 8, 14]) {
    it(`an LSTM of ${hidden}, in the digits of each entry`, () => {
      const rows = 3;
      const [gates, cell] = [spread(rows * 4 * hidden, 1), spread(rows * hidden, 2)];
      const empty = new Float32Array(rows * hidden);
      const [, , next, out] = onHeap([gates, cell, empty, empty], (raw, ...[g, c, nextCell, nextHidden]) =>
        raw.lstmCell(rows, hidden, g, c, 1, nextCell, nextHidden),
      );
      const gate = (i: number, which: number): number =>
        gates[Math.floor(i / hidden) * 4 * hidden + which * hidden + (i % hidden)];
      const kept = (i: number): number => sigmoid(gate(i, 2) + 1) * cell[i];
      const added = (i: number): number => sigmoid(gate(i, 0)) * Math.tanh(gate(i, 1));
      next.forEach((value, i) => {
        // What is lost where the two cancel is a matter of the sum.
        const scale = Math.abs(kept(i)) + Math.abs(added(i));
        expect(Math.abs(value - kept(i) - added(i)), `cell ${i}`).to.be.at.most(1e-6 * scale + 1e-36);
      });
      expectNear(out, (i) => sigmoid(gate(i, 3)) * Math.tanh(next[i]), 1e-6);
    });

    it(`a GRU of ${hidden}`, () => {
      const rows = 3;
      const n = rows * hidden;
      const [gates, state, candidate] = [spread(2 * n, 3), spread(n, 4), spread(n, 5)];
      const empty = new Float32Array(n);
      const [, , , update, reset, next] = onHeap(
        [gates, state, candidate, empty, empty, empty, empty],
        (raw, ...[g, h, a, z, rh, to, r]) => {
          raw.gruGates(rows, hidden, g, h, z, r, rh);
          raw.gruState(n, z, a, h, to);
        },
      );
      const gate = (i: number, which: number): number =>
        gates[Math.floor(i / hidden) * 2 * hidden + which * hidden + (i % hidden)];
      expectNear(update, (i) => Math.max(sigmoid(gate(i, 0)), 1.2e-38), 2e-6);
      expectNear(reset, (i) => sigmoid(gate(i, 1)) * state[i], 2e-6);
      next.forEach((value, i) => {
        const wanted = (1 - update[i]) * state[i] + update[i] * Math.tanh(candidate[i]);
        expect(Math.abs(value - wanted)).to.be.at.most(1e-6 * (Math.abs(state[i]) + Math.abs(candidate[i])));
      });
    });
  }

  it('let what is no number through, and end where gates are infinite', () => {
    const gates = Float32Array.of(NaN, 1, 1, 1).map((value, i) => (i === 0 ? NaN : value));
    const one = Float32Array.of(0.5);
    const run = (given: Float32Array): Float32Array[] =>
      onHeap([given, one, one, one], (raw, g, c, nextCell, nextHidden) =>
        raw.lstmCell(1, 1, g, c, 0, nextCell, nextHidden),
      );
    for (let i = 0; i < 4; i++) {
      const [, , next, out] = run(gates.map((_, j) => (j === i ? NaN : 1)));
      expect(Number.isNaN(out[0]), `gate ${i}`).to.equal(true);
      expect(Number.isNaN(next[0]), `cell of gate ${i}`).to.equal(i < 3);
    }
    const [, , next, out] = run(Float32Array.of(Infinity, -Infinity, -Infinity, Infinity));
    expect(next[0]).to.be.closeTo(-1, 1e-7);
    expect(out[0]).to.be.closeTo(-Math.tanh(1), 1e-7);
    const closed = run(Float32Array.of(-Infinity, Infinity, Infinity, -Infinity));
    expect(closed[2][0]).to.be.closeTo(0.5, 1e-7);
    expect(closed[3][0]).to.be.closeTo(0, 1e-30);
  });
});
