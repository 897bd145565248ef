import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { mergeCommonSubexpressions } from '../../../src/compile/passes/common-subexpressions.js';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { fuseCells } from '../../../src/compile/passes/fuse-cells.js';
import { fuseEpilogues } from '../../../src/compile/passes/fuse-epilogues.js';
import { hoistProjections } from '../../../src/compile/passes/hoist-projections.js';
import { kernelsAfter, passed, type Trial } from './run.js';

const passes = [mergeCommonSubexpressions, fuseEpilogues, fuseCells, removeDeadCode];

function after(f: Trial['f'], shapes: Trial['shapes']): string[] {
  return kernelsAfter(passes, { f, shapes });
}

const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);

/** One step of an LSTM with weights `[inputs + hidden, 4 * hidden]`. */
function lstm(
  x: tf.Tensor,
  h: tf.Tensor,
  c: tf.Tensor,
  w: tf.Tensor,
  b: tf.Tensor,
  forget = 1,
): [tf.Tensor, tf.Tensor] {
  const [i, g, f, o] = tf.split(tf.add(product(tf.concat([x, h], -1), w), b), 4, -1);
  const kept = tf.sigmoid(forget === 0 ? f : tf.add(f, forget));
  const cell = tf.add(tf.mul(kept, c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), cell];
}

const lstmShapes = (rows: number, n = 5): number[][] => [
  [rows, 3],
  [rows, n],
  [rows, n],
  [3 + n, 4 * n],
  [4 * n],
];

describe('an LSTM cell becomes one kernel', () => {
  for (const rows of [1, 2, 9]) {
    it(`with its product, of ${rows} rows`, () => {
      expect(after(lstm, lstmShapes(rows))).to.deep.equal(['TankaLstmStep']);
    });
  }

  it('without a bias of the forget gate, and without any', () => {
    const f = (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor[] =>
      lstm(x, h, c, w, b, 0);
    expect(after(f, lstmShapes(2))).to.deep.equal(['TankaLstmStep']);
    const bare = (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor, w: tf.Tensor): tf.Tensor[] =>
      lstm(x, h, c, w, tf.zeros([1, 1, 1]));
    expect(after(bare, lstmShapes(2).slice(0, 4))).to.include('TankaLstmCell');
  });

  it('of gates that come from elsewhere', () => {
    const f = (gates: tf.Tensor, c: tf.Tensor): tf.Tensor => {
      const [i, g, forget, o] = tf.split(tf.tanh(gates), 4, 1);
      const cell = tf.add(tf.mul(tf.tanh(g), tf.sigmoid(i)), tf.mul(c, tf.sigmoid(forget)));
      return tf.mul(tf.tanh(cell), tf.sigmoid(o));
    };
    expect(
      after(f, [
        [3, 20],
        [3, 5],
      ]),
    ).to.deep.equal(['Tanh', 'TankaLstmCell']);
  });

  it('with its activations as results, where they are read', () => {
    const f = (gates: tf.Tensor, c: tf.Tensor): tf.Tensor[] => {
      const [i, g, forget, o] = tf.split(gates, 4, -1);
      const open = tf.sigmoid(o);
      const cell = tf.add(tf.mul(tf.sigmoid(forget), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      const curved = tf.tanh(cell);
      return [tf.mul(open, curved), open, tf.square(curved)];
    };
    expect(
      after(f, [
        [3, 20],
        [3, 5],
      ]),
    ).to.deep.equal(['TankaLstmCell', 'Square']);
  });

  it('with its product, although state and input are joined for the gradient of the weights', () => {
    const f = (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor[] => {
      const { value, grad } = tf.valueAndGrad((one: tf.Tensor) => tf.sum(lstm(x, h, c, one, b)[0]))(w);
      return [value, grad];
    };
    const kernels = after(f, lstmShapes(2));
    expect(kernels).to.include.members(['Concat', 'TankaLstmStep']);
  });

  const left: Record<string, [f: Trial['f'], shapes: Trial['shapes']]> = {
    'a gate that is read elsewhere': [
      (gates: tf.Tensor, c: tf.Tensor) => {
        const [i, g, f, o] = tf.split(gates, 4, -1);
        const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), tf.neg(g)];
      },
      [
        [3, 20],
        [3, 5],
      ],
    ],
    'gates along another axis': [
      (gates: tf.Tensor, c: tf.Tensor) => {
        const [i, g, f, o] = tf.split(gates, 4, 0);
        const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        return tf.mul(tf.sigmoid(o), tf.tanh(cell));
      },
      [
        [12, 5],
        [3, 5],
      ],
    ],
    'gates in another order': [
      (gates: tf.Tensor, c: tf.Tensor) => {
        const [i, f, g, o] = tf.split(gates, 4, -1);
        const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        return tf.mul(tf.sigmoid(o), tf.tanh(cell));
      },
      [
        [3, 20],
        [3, 5],
      ],
    ],
    'a cell that is broadcast': [
      (gates: tf.Tensor, c: tf.Tensor) => {
        const [i, g, f, o] = tf.split(gates, 4, -1);
        const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        return tf.mul(tf.sigmoid(o), tf.tanh(cell));
      },
      [
        [3, 20],
        [1, 5],
      ],
    ],
    'a forget bias that is no constant': [
      (gates: tf.Tensor, c: tf.Tensor, bias: tf.Tensor) => {
        const [i, g, f, o] = tf.split(gates, 4, -1);
        const cell = tf.add(tf.mul(tf.sigmoid(tf.add(f, bias)), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        return tf.mul(tf.sigmoid(o), tf.tanh(cell));
      },
      [[3, 20], [3, 5], [1]],
    ],
    'a new cell that is read before the cell ends': [
      (gates: tf.Tensor, c: tf.Tensor) => {
        const [i, g, f, o] = tf.split(gates, 4, -1);
        const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        const early = tf.relu(cell);
        return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), early];
      },
      [
        [3, 20],
        [3, 5],
      ],
    ],
  };
  for (const [name, [f, shapes]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes).filter((kernel) => kernel.startsWith('Tanka'))).to.deep.equal([]);
    });
  }
});

type Next = (z: tf.Tensor, h: tf.Tensor, a: tf.Tensor) => tf.Tensor;
const convex: Next = (z, h, a) => tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a));

/** One step of a GRU; `next` is how the new state is written. */
function gru(next: Next, x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const n = h.shape[h.rank - 1];
  const [wGates, wCandidate] = tf.split(wH, [2 * n, n], 1);
  const [xGates, xCandidate] = tf.split(tf.add(product(x, wI), b), [2 * n, n], -1);
  const [z, r] = tf.split(tf.sigmoid(tf.add(xGates, product(h, wGates))), 2, -1);
  return next(z, h, tf.tanh(tf.add(xCandidate, product(tf.mul(r, h), wCandidate))));
}

const gruShapes = (rows: number, n = 5): number[][] => [
  [rows, 3],
  [rows, n],
  [3, 3 * n],
  [n, 3 * n],
  [3 * n],
];

describe('a GRU cell becomes one kernel', () => {
  const step =
    (next: Next): Trial['f'] =>
    (...args: [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]) =>
      gru(next, ...args);

  for (const rows of [1, 2, 9]) {
    it(`of ${rows} rows`, () => {
      expect(after(step(convex), gruShapes(rows))).to.deep.equal(['SplitV', 'TankaGruStep']);
    });
  }

  it('however its new state is written', () => {
    const lerp: Next = (z, h, a) => tf.add(h, tf.mul(z, tf.sub(a, h)));
    const parts: Next = (z, h, a) => tf.sub(tf.add(tf.mul(a, z), h), tf.mul(h, z));
    for (const next of [lerp, parts])
      expect(after(step(next), gruShapes(4))).to.deep.equal(['SplitV', 'TankaGruStep']);
  });

  it('step after step', () => {
    const two = (x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      gru(convex, tf.tanh(x), gru(convex, x, h, wI, wH, b), wI, wH, b);
    expect(after(two, gruShapes(2)).filter((name) => name === 'TankaGruStep')).to.have.lengthOf(2);
  });

  it('with its candidate and its gates as results, where they are read', () => {
    const f = (x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor): tf.Tensor[] => {
      const kept: tf.Tensor[] = [];
      const next: Next = (z, old, a) => {
        kept.push(z, a);
        return convex(z, old, a);
      };
      return [gru(next, x, h, wI, wH, b), ...kept];
    };
    expect(after(f, gruShapes(3))).to.deep.equal(['SplitV', 'TankaGruStep']);
  });

  const exchanged: Next = (z, h, a) => tf.add(tf.mul(tf.sub(1, z), a), tf.mul(z, h));
  const left: Record<string, [f: Trial['f'], shapes?: Trial['shapes']]> = {
    'the gate for the old state': [step(exchanged)],
    'other weights of the old state': [step((z, h, a) => tf.add(tf.mul(tf.sub(2, z), h), tf.mul(z, a)))],
    'another state behind the reset gate': [
      (x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor) => {
        const [wGates, wCandidate] = tf.split(wH, [10, 5], 1);
        const [xGates, xCandidate] = tf.split(tf.add(product(x, wI), b), [10, 5], -1);
        const [z, r] = tf.split(tf.sigmoid(tf.add(xGates, product(tf.neg(h), wGates))), 2, -1);
        return convex(z, h, tf.tanh(tf.add(xCandidate, product(tf.mul(r, h), wCandidate))));
      },
    ],
    'reset and update exchanged': [
      (x: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor) => {
        const [wGates, wCandidate] = tf.split(wH, [10, 5], 1);
        const [xGates, xCandidate] = tf.split(tf.add(product(x, wI), b), [10, 5], -1);
        const [r, z] = tf.split(tf.sigmoid(tf.add(xGates, product(h, wGates))), 2, -1);
        return convex(z, h, tf.tanh(tf.add(xCandidate, product(tf.mul(r, h), wCandidate))));
      },
    ],
  };
  for (const [name, [f, shapes = gruShapes(3)]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes)).not.to.include('TankaGruStep');
    });
  }
});

describe('the inputs of all steps of an unroll become one product', () => {
  const all = [...passes, hoistProjections, removeDeadCode];
  const unroll =
    (pick: (parts: tf.Tensor[]) => tf.Tensor[], axis = 0): Trial['f'] =>
    (xs: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor) =>
      tf.stack(
        pick(tf.unstack(xs, axis)).reduce<tf.Tensor[]>(
          (states, x) => [...states, gru(convex, x, states.at(-1) ?? h, wI, wH, b)],
          [],
        ),
      );
  const shapes = (rows: number, steps = 6): number[][] => [[steps, rows, 3], ...gruShapes(rows).slice(1)];
  const products = (names: readonly string[]): number =>
    names.filter((name) => name.includes('MatMul')).length;

  for (const rows of [1, 3]) {
    it(`of ${rows} rows, in any order of the steps`, () => {
      const names = kernelsAfter(all, { f: unroll((parts) => parts), shapes: shapes(rows) });
      expect(products(names)).to.equal(1);
      expect(names).not.to.include('Unpack');
      passed(all, { f: unroll((parts) => parts.toReversed()), shapes: shapes(rows) });
      passed(all, { f: unroll((parts) => [...parts.slice(2), parts[2]]), shapes: shapes(rows) });
    });
  }

  it('of an LSTM', () => {
    const f = (xs: tf.Tensor, h: tf.Tensor, c: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor[] =>
      tf.unstack(xs).reduce<[tf.Tensor, tf.Tensor]>((state, x) => lstm(x, ...state, w, b), [h, c]);
    const names = kernelsAfter(all, { f, shapes: [[5, 2, 3], ...lstmShapes(2).slice(1)] });
    expect(names).to.deep.equal(['_FusedMatMul', ...Array.from({ length: 5 }, () => 'TankaLstmStep')]);
  });

  it('but not of few steps, of parts along another axis, or of other weights in each', () => {
    expect(products(kernelsAfter(all, { f: unroll((parts) => parts), shapes: shapes(2, 3) }))).to.equal(0);
    const [, ...rest] = shapes(2);
    expect(
      products(kernelsAfter(all, { f: unroll((parts) => parts, 1), shapes: [[2, 6, 3], ...rest] })),
    ).to.equal(0);
    const others = (xs: tf.Tensor, h: tf.Tensor, wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.unstack(xs).reduce((state, x, i) => gru(convex, x, state, tf.mul(wI, i), wH, b), h);
    expect(products(kernelsAfter(all, { f: others, shapes: shapes(2) }))).to.equal(0);
  });
});
