import {
  add,
  concat,
  mul,
  ones,
  reverse,
  slice,
  tensor,
  tidy,
  transpose,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits, expectClose } from '../support/compare.js';
import { goldenCases, goldenTensor, goldenValues } from '../support/goldens.js';
import { tolerances } from '../support/tolerances.js';
import { makeInput } from './descriptors/inputs.js';

/** What `f` returns for parameters from seed 42; freed after `use`. */
function run<R>(f: () => R, use: (result: R) => void): void {
  const plain: () => unknown = f;
  const model = hk.transform(plain);
  const params = model.init(42);
  const result = model.apply(params, null) as R;
  try {
    use(result);
  } finally {
    hk.tree.dispose([params, result]);
  }
}

function values(x: Tensor): Float32Array {
  return x.dataSync() as Float32Array;
}

const cores = {
  VanillaRNN: () => new hk.VanillaRNN(3),
  LSTM: () => new hk.LSTM(3),
  GRU: () => new hk.GRU(3),
} as const;
type AnyCore = hk.VanillaRNN;

describe('unrolls', () => {
  let xs: Tensor;

  beforeEach(() => {
    xs = makeInput({ shape: [5, 2, 4] }, 0);
  });

  afterEach(() => {
    xs.dispose();
  });

  for (const [name, make] of Object.entries(cores)) {
    const core = (): AnyCore => make() as unknown as AnyCore;

    for (const unroll of [1, 2, 4]) {
      it(`${name}: static equals dynamic, unroll ${unroll}`, () => {
        run(
          () => {
            const c = core();
            const state = c.initialState(2);
            return [hk.staticUnroll(c, xs, state), hk.dynamicUnroll(c, xs, state, { unroll })];
          },
          ([a, b]) => {
            const theirs = hk.tree.leaves(b);
            hk.tree.leaves(a).forEach((leaf, i) => {
              expectBits(leaf, values(theirs[i]));
            });
          },
        );
      });
    }

    it(`${name}: batch-major sequences give the same, swapped`, () => {
      const swapped = transpose(xs, [1, 0, 2]);
      run(
        () => {
          const c = core();
          const state = c.initialState(2);
          return [
            hk.dynamicUnroll(c, xs, state)[0],
            hk.dynamicUnroll(c, swapped, state, { timeMajor: false })[0],
            hk.staticUnroll(c, swapped, state, { timeMajor: false })[0],
          ];
        },
        (outputs) => {
          const [major, ...batchMajor] = outputs.map((y) => y.arraySync() as number[][][]);
          for (const other of batchMajor) {
            expect(major.map((row) => row[1])).to.deep.equal(other[1]);
          }
        },
      );
      swapped.dispose();
    });

    it(`${name}: reverse equals the reversed sequence, reversed`, () => {
      const backwards = reverse(xs, 0);
      run(
        () => {
          const c = core();
          const state = c.initialState(2);
          const [ahead, last] = hk.dynamicUnroll(c, backwards, state);
          return [hk.dynamicUnroll(c, xs, state, { reverse: true }), [reverse(ahead, 0), last]] as const;
        },
        ([a, b]) => {
          const theirs = hk.tree.leaves(b);
          hk.tree.leaves(a).forEach((leaf, i) => {
            expectBits(leaf, values(theirs[i]));
          });
        },
      );
      backwards.dispose();
    });

    it(`${name}: each example of its own length as if it were alone`, () => {
      const lengths = tensor([5, 2], [2], 'int32');
      const short = slice(xs, [0, 1, 0], [2, 1, 4]);
      for (const options of [{}, { reverse: true }]) {
        run(
          () => {
            const c = core();
            const [together, states] = hk.dynamicUnroll(c, xs, c.initialState(2), {
              sequenceLengths: lengths,
              ...options,
            });
            const [alone, state] = hk.dynamicUnroll(c, short, c.initialState(1), options);
            return { together, states, alone, state };
          },
          ({ together, states, alone, state }) => {
            tidy(() => {
              const expected = concat([alone, zeros([3, 1, 3])], 0);
              expectClose(slice(together, [0, 1, 0], [5, 1, 3]), values(expected), tolerances.output);
              const own = hk.tree.leaves(state);
              hk.tree.leaves(states).forEach((leaf, i) => {
                expectClose(slice(leaf, [1, 0], [1, 3]), values(own[i]), tolerances.output);
              });
            });
          },
        );
      }
      hk.tree.dispose([lengths, short]);
    });
  }

  it('all states end with the last one', () => {
    run(
      () => {
        const core = new hk.LSTM(3);
        const state = core.initialState(2);
        return [
          hk.dynamicUnroll(core, xs, state)[1],
          hk.dynamicUnroll(core, xs, state, { returnAllStates: true })[1],
        ] as const;
      },
      ([last, all]) => {
        expect(all.cell.shape).to.deep.equal([5, 2, 3]);
        expect((all.cell.arraySync() as number[][][])[4]).to.deep.equal(last.cell.arraySync());
      },
    );
  });

  it('take nested inputs and functions, also outside of a transform', () => {
    const step = ({ a, b }: { a: Tensor; b: Tensor }, count: Tensor): [{ sum: Tensor }, Tensor] => [
      { sum: add(a, b) },
      add(count, 1),
    ];
    const inputs = { a: xs, b: xs };
    const start = tensor(0);
    const results = [hk.staticUnroll(step, inputs, start), hk.dynamicUnroll(step, inputs, start)];
    for (const [{ sum }, count] of results) {
      expect(sum.shape).to.deep.equal([5, 2, 4]);
      expect(count.dataSync()[0]).to.equal(5);
    }
    hk.tree.dispose([results, start]);
  });

  it('join the outputs of both directions', () => {
    run(
      () => {
        const [ahead, back] = [new hk.GRU(3), new hk.GRU(2)];
        const states = [ahead.initialState(2), back.initialState(2)] as const;
        return {
          both: hk.bidirectionalUnroll(ahead, back, xs, states),
          apart: [
            hk.dynamicUnroll(ahead, xs, states[0]),
            hk.dynamicUnroll(back, xs, states[1], { reverse: true }),
          ] as const,
        };
      },
      ({ both: [output, [first, last]], apart }) => {
        tidy(() => {
          expectBits(output, values(concat([apart[0][0], apart[1][0]], -1)));
          expectBits(first, values(apart[0][1]));
          expectBits(last, values(apart[1][1]));
        });
      },
    );
  });

  it('refuse sequences without a time axis', () => {
    const x = ones([3]);
    const call = () => hk.staticUnroll((y: Tensor, s: Tensor) => [y, s], x, x, { timeMajor: false });
    expect(call).to.throw(hk.TankaError, '[batch, time, ...]').with.property('code', 'input-rank');
    const empty = zeros([0, 3]);
    expect(() => hk.staticUnroll((y: Tensor, s: Tensor) => [y, s], empty, x))
      .to.throw(hk.TankaError, '[0, 3]')
      .with.property('code', 'input-shape');
    hk.tree.dispose([x, empty]);
  });

  it('refuse lengths that are no integers', () => {
    const lengths = ones([2]);
    const call = () =>
      hk
        .transform(() => {
          const core = new hk.GRU(3);
          return hk.dynamicUnroll(core, xs, core.initialState(2), { sequenceLengths: lengths });
        })
        .init(42);
    expect(call).to.throw(hk.TankaError, 'sequenceLengths').with.property('code', 'input-dtype');
    lengths.dispose();
  });
});

describe('GRU with resetAfter, and unrolls of different lengths, equal flax', () => {
  const { cases, arrays } = goldenCases<{ id: string; reverse: boolean; lengths: boolean }>('beyond');
  const array = (name: string): Tensor => goldenTensor(arrays.get(name)!);

  for (const golden of cases) {
    it(golden.id, () => {
      const params = {
        gru: { w_i: array('w_i'), w_h: array('w_h'), b: array('b'), b_h: array('b_h') },
      };
      const [xs, lengths] = [array('x'), array('lengths')];
      const model = hk.transform(() => {
        const core = new hk.GRU(5, { resetAfter: true });
        return hk.dynamicUnroll(core, xs, core.initialState(3), {
          reverse: golden.reverse,
          sequenceLengths: golden.lengths ? lengths : undefined,
        });
      });
      const [output, state] = model.apply(params, null);
      for (const [actual, name] of [
        [output, 'output'],
        [state, 'state'],
      ] as const) {
        const expected = goldenValues(arrays.get(`${golden.id}/${name}`)!);
        expectClose(actual, expected, tolerances.output, name);
      }
      hk.tree.dispose([output, state, params, xs, lengths]);
    });
  }
});

describe('ResetCore', () => {
  const model = hk.transform((xs: Tensor, resets: Tensor) => {
    const core = new hk.ResetCore(new hk.GRU(3));
    return hk.dynamicUnroll(core, [xs, resets] as [Tensor, Tensor], core.initialState(2))[0];
  });

  it('starts anew where the signal says so', () => {
    const xs = makeInput({ shape: [4, 2, 5] }, 0);
    const never = zeros([4, 2], 'bool');
    const second = tensor([0, 0, 0, 1, 0, 0, 0, 0], [4, 2], 'bool');
    const params = model.init(42, xs, never);
    const [plain, reset] = [never, second].map((signal) => model.apply(params, null, xs, signal));
    const tail = slice(xs, [1, 0, 0], [3, 2, 5]);
    const rest = slice(never, [0, 0], [3, 2]);
    const fresh = model.apply(params, null, tail, rest);
    const [a, b, c] = [plain, reset, fresh].map((y) => y.arraySync() as number[][][]);
    // The first example never resets; the second is from step 1 on what a fresh start there gives.
    expect(b.map(([first]) => first)).to.deep.equal(a.map(([first]) => first));
    expect(b[0]).to.deep.equal(a[0]);
    expect(b.slice(1).map(([, last]) => last)).to.deep.equal(c.map(([, last]) => last));
    expect(b[1][1]).not.to.deep.equal(a[1][1]);
    hk.tree.dispose([xs, never, second, params, plain, reset, tail, rest, fresh]);
  });
});

describe('recurrent cores', () => {
  it('need a transform', () => {
    expect(() => new hk.LSTM(3))
      .to.throw(hk.TankaError)
      .with.property('code', 'module-outside-transform');
  });

  it('can be written by users', () => {
    @hk.module('counter')
    class Counter extends hk.RNNCore<Tensor> {
      call(x: Tensor, state: Tensor): [Tensor, Tensor] {
        return [add(x, state), add(state, 1)];
      }
      initialState(batchSize: number | null): Tensor {
        return zeros(batchSize === null ? [] : [batchSize]);
      }
    }
    run(
      () => {
        const core = new hk.DeepRNN([new Counter(), (x: Tensor) => mul(x, 2)]);
        return hk.dynamicUnroll(core, zeros([3, 2]), core.initialState(2));
      },
      ([output, states]) => {
        expect(output.arraySync()).to.deep.equal([
          [0, 0],
          [2, 2],
          [4, 4],
        ]);
        expect((states as Tensor[])[0].arraySync()).to.deep.equal([3, 3]);
      },
    );
  });
});
