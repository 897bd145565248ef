import { raw } from '../../../src/backend/wasm/heap.js';
import { expectClose } from '../../support/compare.js';
import { onHeap } from '../../support/heap.js';
import { values } from '../../support/values.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** New cell and hidden state of one LSTM step in f64. */
function lstm(
  hidden: number,
  gates: readonly number[],
  cell: readonly number[],
): { cell: number[]; hidden: number[] } {
  const next = cell.map((c, at) => {
    const [b, j] = [Math.floor(at / hidden), at % hidden];
    const gate = (i: number): number => gates[b * 4 * hidden + i * hidden + j];
    const value = sigmoid(gate(2) + 1) * c + sigmoid(gate(0)) * Math.tanh(gate(1));
    return { value, out: sigmoid(gate(3)) * Math.tanh(value) };
  });
  return { cell: next.map(({ value }) => value), hidden: next.map(({ out }) => out) };
}

describe('recurrent cells by pointer', () => {
  for (const [batch, hidden] of [
    [1, 1],
    [2, 4],
    [3, 7],
    [2, 33],
  ] as const) {
    const n = batch * hidden;
    const gates = values(4 * n, 1).map((v) => 3 * v);
    const cell = values(n, 2);

    it(`is an LSTM step, ${batch} x ${hidden}`, () => {
      const [, , nextCell, nextHidden] = onHeap(
        [gates, cell, new Float32Array(n), new Float32Array(n)],
        (g, c, nc, nh) => {
          raw().lstmCell(batch, hidden, g, c, 1, nc, nh);
        },
      );
      const expected = lstm(hidden, [...gates], [...cell]);
      expectClose(nextCell, Float32Array.from(expected.cell), 1e-6);
      expectClose(nextHidden, Float32Array.from(expected.hidden), 1e-6);
    });

    it(`has the gradient of an LSTM step by numeric differences, ${batch} x ${hidden}`, () => {
      const [dCell, dHidden] = [values(n, 3), values(n, 4)];
      const results = onHeap([gates, cell, dCell, dHidden], (g, c, dc, dh) => {
        raw().lstmCellGradient(batch, hidden, g, c, 1, dc, dh, g, dc);
      });
      const loss = (g: readonly number[], c: readonly number[]): number => {
        const next = lstm(hidden, g, c);
        return next.cell.reduce((sum, v, i) => sum + v * dCell[i] + next.hidden[i] * dHidden[i], 0);
      };
      const difference = (x: readonly number[], i: number, f: (x: readonly number[]) => number): number => {
        const at = (d: number): number => f(x.map((v, j) => (j === i ? v + d : v)));
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      };
      const [g, c] = [[...gates], [...cell]];
      expectClose(
        results[0],
        Float32Array.from(g, (_, i) => difference(g, i, (x) => loss(x, c))),
        2e-6,
        'gates',
      );
      expectClose(
        results[2],
        Float32Array.from(c, (_, i) => difference(c, i, (x) => loss(g, x))),
        2e-6,
        'cell',
      );
    });

    it(`is a GRU step in two halves, ${batch} x ${hidden}`, () => {
      const [candidate, state] = [values(n, 5), values(n, 6)];
      const pair = values(2 * n, 7);
      const [, , update, resetState, next] = onHeap(
        [pair, state, new Float32Array(n), new Float32Array(n), candidate],
        (g, h, z, rh, a) => {
          raw().gruGates(batch, hidden, g, h, z, rh);
          raw().gruState(n, z, a, h, a);
        },
      );
      const gate = (i: number, at: number): number =>
        sigmoid(pair[Math.floor(at / hidden) * 2 * hidden + i * hidden + (at % hidden)]);
      expectClose(
        update,
        state.map((_, i) => gate(0, i)),
        1e-6,
      );
      expectClose(
        resetState,
        state.map((h, i) => gate(1, i) * h),
        1e-6,
      );
      expectClose(
        next,
        state.map((h, i) => (1 - gate(0, i)) * h + gate(0, i) * Math.tanh(candidate[i])),
        1e-6,
      );
    });
  }
});
