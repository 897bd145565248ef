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

    /** The new cell and state and what is kept of them, as one array after the other. */
    const kept = (): Float32Array[] =>
      onHeap(
        [gates, cell, ...Array.from({ length: 7 }, () => new Float32Array(n))],
        (g, c, nextCell, nextHidden, input, candidate, forget, output, curved) => {
          raw().lstmCellKept(
            ...([batch, hidden, g, c, 1] as const),
            ...([nextCell, nextHidden, input, candidate, forget, output, curved] as const),
          );
        },
      ).slice(2);

    it(`is the same step that keeps its activations, ${batch} x ${hidden}`, () => {
      const [nextCell, nextHidden, ...activations] = kept();
      const expected = lstm(hidden, [...gates], [...cell]);
      expectClose(nextCell, Float32Array.from(expected.cell), 1e-6);
      expectClose(nextHidden, Float32Array.from(expected.hidden), 1e-6);
      const gate = (i: number): number[] =>
        Array.from(cell, (_, at) => gates[Math.floor(at / hidden) * 4 * hidden + i * hidden + (at % hidden)]);
      const wanted = [
        gate(0).map(sigmoid),
        gate(1).map(Math.tanh),
        gate(2).map((v) => sigmoid(v + 1)),
        gate(3).map(sigmoid),
        expected.cell.map(Math.tanh),
      ];
      activations.forEach((one, i) => expectClose(one, Float32Array.from(wanted[i]), 1e-6, `kept ${i}`));
    });

    it(`has the gradient of an LSTM step by numeric differences, ${batch} x ${hidden}`, () => {
      const [dCell, dHidden] = [values(n, 3), values(n, 4)];
      const [, , ...activations] = kept();
      const run = (withCell: boolean): Float32Array[] =>
        onHeap(
          [...activations, cell, dCell, dHidden, new Float32Array(4 * n)],
          (i, g, f, o, t, c, dc, dh, dGates) => {
            raw().lstmCellGradient(batch, hidden, i, g, f, o, t, c, withCell ? dc : 0, dh, dGates, dc);
          },
        );
      const results = run(true);
      const loss = (g: readonly number[], c: readonly number[], share: number): number => {
        const next = lstm(hidden, g, c);
        return next.cell.reduce((sum, v, i) => sum + share * v * dCell[i] + next.hidden[i] * dHidden[i], 0);
      };
      const difference = (x: readonly number[], i: number, f: (x: readonly number[]) => number): number => {
        const at = (d: number): number => f(x.map((v, j) => (j === i ? v + d : v)));
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      };
      const [g, c] = [[...gates], [...cell]];
      const gradient = (share: number): [gates: Float32Array, cell: Float32Array] => [
        Float32Array.from(g, (_, i) => difference(g, i, (x) => loss(x, c, share))),
        Float32Array.from(c, (_, i) => difference(c, i, (x) => loss(g, x, share))),
      ];
      const [ofGates, ofCell] = gradient(1);
      expectClose(results[8], ofGates, 2e-6, 'gates');
      expectClose(results[6], ofCell, 2e-6, 'cell');
      const alone = run(false);
      const [ofGatesAlone, ofCellAlone] = gradient(0);
      expectClose(alone[8], ofGatesAlone, 2e-6, 'gates, of the state alone');
      expectClose(alone[6], ofCellAlone, 2e-6, 'cell, of the state alone');
    });

    it(`is a GRU step in two halves, ${batch} x ${hidden}`, () => {
      const [candidate, state] = [values(n, 5), values(n, 6)];
      const pair = values(2 * n, 7);
      const [, , update, resetState, reset, next, activated] = onHeap(
        [pair, state, ...Array.from({ length: 4 }, () => new Float32Array(n)), candidate],
        (g, h, z, rh, r, to, a) => {
          raw().gruGates(batch, hidden, g, h, z, r, rh);
          raw().gruState(n, z, a, h, to);
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
        reset,
        state.map((_, i) => gate(1, i)),
        1e-6,
      );
      expectClose(activated, candidate.map(Math.tanh), 1e-6);
      expectClose(
        next,
        state.map((h, i) => (1 - gate(0, i)) * h + gate(0, i) * Math.tanh(candidate[i])),
        1e-6,
      );
    });

    it(`is a GRU step that resets behind its product, ${batch} x ${hidden}`, () => {
      const [x, product, state] = [values(3 * n, 8), values(3 * n, 9), values(n, 10)];
      const [, , next] = onHeap([x, product, state], (a, b, h) => {
        raw().gruAfter(batch, hidden, a, b, h, h);
      });
      const of = (from: Float32Array, i: number, at: number): number =>
        from[Math.floor(at / hidden) * 3 * hidden + i * hidden + (at % hidden)];
      const expected = state.map((h, at) => {
        const z = sigmoid(of(x, 0, at) + of(product, 0, at));
        const r = sigmoid(of(x, 1, at) + of(product, 1, at));
        return (1 - z) * h + z * Math.tanh(of(x, 2, at) + r * of(product, 2, at));
      });
      expectClose(next, expected, 1e-6);
    });

    it(`has the gradients of a GRU's gates and state, ${batch} x ${hidden}`, () => {
      const inputs = Array.from({ length: 7 }, (_, i) => values(n, 20 + i));
      const [update, reset, candidate, state, dNext, dResetState, other] = inputs;
      const run = (withOther: boolean): Float32Array[] =>
        onHeap(
          [...inputs, new Float32Array(2 * n), new Float32Array(n)],
          (z, r, a, h, dh, d, more, dGates, dState) => {
            const rest = withOther ? more : 0;
            raw().gruGatesGradient(batch, hidden, z, r, a, h, dh, d, rest, dGates, dState);
          },
        ).slice(7);
      const place = (i: number): [at: number, which: number] => [
        Math.floor(i / (2 * hidden)) * hidden + (i % hidden),
        Math.floor(i / hidden) % 2,
      ];
      const gates = Float32Array.from({ length: 2 * n }, (_, i) => {
        const [at, which] = place(i);
        const [gate, slope] =
          which === 0
            ? [update[at], dNext[at] * (candidate[at] - state[at])]
            : [reset[at], dResetState[at] * state[at]];
        return slope * gate * (1 - gate);
      });
      const direct = state.map((_, i) => dNext[i] * (1 - update[i]) + dResetState[i] * reset[i]);
      const [[dGates, dState], [, alone]] = [run(true), run(false)];
      expectClose(dGates, gates, 1e-6);
      expectClose(
        dState,
        direct.map((v, i) => v + other[i]),
        1e-6,
      );
      expectClose(alone, direct, 1e-6);
    });
  }
});
