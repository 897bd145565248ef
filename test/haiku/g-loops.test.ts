import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant, randomNormal } = hk.initializers;
const zero = { init: constant(0), dtype: 'int32' } as const;

@hk.module()
class Counter extends hk.Module {
  call(): tf.Tensor {
    const count = hk.getState('count', [], zero);
    hk.setState('count', tf.add(count, tf.scalar(1, 'int32')));
    return count;
  }
}

@hk.module()
class Dense extends hk.Module {
  call(): tf.Tensor {
    return hk.getParameter('w', [], { init: randomNormal() });
  }
}

/** Names of the parameters that `init` of `f` makes. */
function namesMade(f: () => unknown): string[] {
  const made = hk.transform(() => void f()).init(1);
  hk.tree.dispose(made);
  return Object.keys(made);
}

describe('Haiku intents G: scan', () => {
  it('G8 is a loop, forwards and backwards, over any nesting', () => {
    const start = tf.scalar(10);
    const xs = { a: tf.tensor1d([1, 2, 3]), b: [tf.tensor2d([[1], [2], [3]]), null] as const };
    for (const reverse of [false, true]) {
      const [carry, ys] = hk.scan(
        (sum: tf.Tensor, x) => [tf.add(sum, x.a), { sum, double: tf.mul(x.b[0], 2), step: 1 }],
        start,
        xs,
        { reverse },
      );
      expect(values(carry)).to.deep.equal([16]);
      expect(values(ys.sum)).to.deep.equal(reverse ? [15, 13, 10] : [10, 11, 13]);
      expect(ys.double.shape).to.deep.equal([3, 1]);
      expect(values(ys.step)).to.deep.equal([1, 1, 1]);
      hk.tree.dispose([carry, ys]);
    }
    hk.tree.dispose([start, xs]);
  });

  it('G8 takes keys as elements, a length without elements, and no steps at all', () => {
    const [, keys] = hk.scan((_: null, x) => [null, x], null, hk.random.split(hk.random.key(3), 2));
    expect(keys).to.deep.equal(hk.random.split(hk.random.key(3), 2));
    const one = tf.scalar(1);
    const [sum, none] = hk.scan((c: tf.Tensor) => [tf.add(c, 1), null], one, null, { length: 4 });
    expect(values(sum)).to.deep.equal([5]);
    expect(none).to.equal(null);
    const empty = tf.zeros([0, 2, 3]);
    const [same, ys] = hk.scan((c: tf.Tensor, x: tf.Tensor) => [c, tf.sum(x, 0)], one, empty);
    expect(values(same)).to.deep.equal([1]);
    expect(same).to.not.equal(one);
    expect(ys.shape).to.deep.equal([0, 3]);
    hk.tree.dispose([one, sum, empty, same, ys]);
  });

  for (const length of [0, 1, 2, 4, 8]) {
    it(`G8 counts its ${length} steps in state, of which init keeps the first value`, () => {
      const model = hk.transformWithState((xs: tf.Tensor) => {
        const counter = new Counter();
        return hk.scan((c: null) => [c, counter.call()], null, xs)[1];
      });
      const xs = tf.zeros([length]);
      const [params, state] = model.init(null, xs);
      expect(values(state.counter.count)).to.deep.equal([0]);
      const [ys, after] = model.apply(params, state, null, xs);
      expect(values(ys)).to.deep.equal([...Array(length).keys()]);
      expect(values(after.counter.count)).to.deep.equal([length]);
      hk.tree.dispose([xs, state, ys, after]);
    });
  }

  it('G8 names modules as Haiku does: the first step of init is in the scope around the loop', () => {
    const outside = (): void => void hk.scan((c: null) => [c, new Dense().call()], null, null, { length: 1 });
    expect(namesMade(() => (outside(), new Dense().call()))).to.deep.equal(['dense', 'dense_1']);
    const code = errorCode(() =>
      namesMade(() => hk.scan((c: null) => [c, new Dense().call()], null, null, { length: 2 })),
    );
    expect(code).to.equal('loop-new-entries');
    const cell = (): void => {
      const dense = new Dense();
      hk.scan((c: null) => [c, dense.call()], null, null, { length: 3 });
    };
    expect(namesMade(cell)).to.deep.equal(['dense']);
  });

  it('G9 hands keys on as a plain loop would', () => {
    const draws = (f: () => unknown): unknown => hk.transform(f).apply({}, 5);
    const looped = draws(() => {
      const first = hk.nextRngKey();
      const [, rest] = hk.scan((c: null) => [c, hk.nextRngKey()], null, null, { length: 3 });
      return [first, ...rest, hk.nextRngKey()];
    });
    expect(looped).to.deep.equal(draws(() => [1, 2, 3, 4, 5].map(() => hk.nextRngKey())));
  });

  it('G9 keeps its structure with reserved keys', () => {
    hk.config.context({ rngReserveSize: 7 }, () => {
      const keys = hk
        .transform(() => {
          hk.reserveRngKeys(5);
          return hk.scan((c: null) => [c, hk.nextRngKey()], null, null, { length: 9 })[1];
        })
        .apply({}, 5);
      expect(new Set(keys.map(String)).size).to.equal(9);
    });
  });

  it('G8 is differentiable through its steps', () => {
    const xs = tf.tensor1d([2, 3, 5]);
    const gradient = hk.grad((x: tf.Tensor) => {
      const [product] = hk.scan((c: tf.Tensor, e: tf.Tensor) => [tf.mul(c, e), null], tf.scalar(1), x);
      return product;
    })(xs);
    expect(values(gradient)).to.deep.equal([15, 10, 6]);
    hk.tree.dispose([xs, gradient]);
  });

  it('G8 refuses what does not fit', () => {
    const [xs, ys, c] = [tf.zeros([2]), tf.zeros([3]), tf.scalar(0)];
    const step = (carry: tf.Tensor): [tf.Tensor, null] => [carry, null];
    expect(errorCode(() => hk.scan(step, c, null))).to.equal('scan-length');
    expect(errorCode(() => hk.scan(step, c, [xs, ys]))).to.equal('scan-length');
    expect(errorCode(() => hk.scan(step, c, xs, { length: 3 }))).to.equal('scan-length');
    expect(errorCode(() => hk.scan(step, c, { n: 3 }))).to.equal('batch-leaf');
    expect(errorCode(() => hk.scan(step, c, c))).to.equal('batch-leaf');
    expect(errorCode(() => hk.scan(() => [xs, null], c, xs))).to.equal('loop-carry');
    expect(errorCode(() => hk.scan(() => [tf.scalar(0, 'int32'), null], c, xs))).to.equal('loop-carry');
    expect(errorCode(() => hk.scan<unknown, tf.Tensor, null>(() => [[c], null], c, xs))).to.equal(
      'loop-carry',
    );
    expect(errorCode(() => hk.scan((s: tf.Tensor) => [s, () => 1], c, xs))).to.equal('batch-leaf');
    const late = hk.transformWithState(
      (x: tf.Tensor) => hk.scan((s: null) => [s, new Counter().call()], null, x)[1],
    );
    expect(
      errorCode(() => late.apply({}, {}, null, xs)),
      'state that first appears in the loop',
    ).to.equal('loop-new-entries');
    hk.tree.dispose([xs, ys, c]);
  });
});

describe('Haiku intents G: map', () => {
  it('G11 is a scan without a carry', () => {
    const xs = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const sums = hk.map((x) => tf.sum(x), xs);
    expect(values(sums)).to.deep.equal([3, 7]);
    hk.tree.dispose([xs, sums]);
  });
});

describe('Haiku intents G: foriLoop', () => {
  const ranges = [...Array(9).keys()].flatMap((lower) => [1, 2, 3].map((n) => [lower, lower + n] as const));
  for (const [lower, upper] of [[0, 0] as const, [8, 3] as const, ...ranges]) {
    it(`G10 runs from ${lower} to ${upper}`, () => {
      const start = tf.scalar(0);
      const sum = hk.foriLoop(lower, upper, (i, v: tf.Tensor) => tf.add(v, i), start);
      let expected = 0;
      for (let i = lower; i < upper; i++) expected += i;
      expect(values(sum)).to.deep.equal([expected]);
      hk.tree.dispose([start, sum]);
    });
  }

  it('G10 takes tensors as bounds', () => {
    const [lower, upper, one] = [tf.scalar(1, 'int32'), tf.scalar(4, 'int32'), tf.scalar(1)];
    const doubled = hk.foriLoop(lower, upper, (_, v: tf.Tensor) => tf.mul(v, 2), one);
    expect(values(doubled)).to.deep.equal([8]);
    hk.tree.dispose([lower, upper, one, doubled]);
  });

  it('G10 runs its body once in init, even with no step to make', () => {
    const model = hk.transformWithState((n: number) => {
      const [dense, counter] = [new Dense(), new Counter()];
      return hk.foriLoop(
        0,
        n,
        (_, v: tf.Tensor) => (counter.call(), tf.add(v, tf.mul(dense.call(), 0))),
        tf.scalar(1),
      );
    });
    const [params, state] = model.init(1, 0);
    expect(Object.keys(params)).to.deep.equal(['dense']);
    const [y, after] = model.apply(params, state, null, 3);
    expect(values(after.counter.count)).to.deep.equal([3]);
    expect(values(y)).to.deep.equal([1]);
    hk.tree.dispose([params, state, y, after]);
    expect(
      errorCode(() => namesMade(() => hk.foriLoop(0, 2, () => new Dense().call(), tf.scalar(0)))),
    ).to.equal('loop-new-entries');
  });
});

describe('Haiku intents G: whileLoop', () => {
  for (const steps of [0, 1, 4, 8]) {
    it(`G13 goes on for ${steps} steps and carries state`, () => {
      const model = hk.transformWithState(() => {
        const counter = new Counter();
        const [, draws] = hk.whileLoop(
          ([i]: [tf.Tensor, tf.Tensor]) => tf.less(i, steps),
          ([i, v]): [tf.Tensor, tf.Tensor] => {
            counter.call();
            hk.nextRngKey();
            return [tf.add(i, 1), tf.add(v, 2)];
          },
          [tf.scalar(0), tf.scalar(0)],
        );
        return draws;
      });
      const zeros = { counter: { count: tf.scalar(0, 'int32') } };
      const [y, after] = model.apply({}, zeros, 0);
      expect(values(y)).to.deep.equal([2 * steps]);
      expect(values(after.counter.count)).to.deep.equal([steps]);
      hk.tree.dispose([zeros, y, after]);
    });
  }

  it('G13 refuses init, and conditions that change something', () => {
    const idle = (): number =>
      hk.whileLoop(
        () => false,
        (v: number) => v,
        0,
      );
    expect(errorCode(() => hk.transform(idle).init(null))).to.equal('while-init');
    expect(idle()).to.equal(0);
    const drawing = hk.transform(() =>
      hk.whileLoop(
        () => (hk.nextRngKey(), false),
        (v: number) => v,
        0,
      ),
    );
    expect(errorCode(() => drawing.apply({}, 0))).to.equal('while-condition');
    const setting = hk.transformWithState(() =>
      hk.whileLoop(
        () => (hk.setState('x', 1), false),
        (v: number) => v,
        0,
      ),
    );
    expect(errorCode(() => setting.apply({}, {}, 0))).to.equal('while-condition');
    expect(
      errorCode(() =>
        hk.whileLoop(
          () => 'yes' as never,
          (v: number) => v,
          0,
        ),
      ),
    ).to.equal('control-value');
  });
});
