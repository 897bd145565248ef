import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant, randomNormal } = hk.initializers;

@hk.module()
class Dense extends hk.Module {
  call(): tf.Tensor {
    return hk.getParameter('w', [], { init: randomNormal() });
  }
}

describe('Haiku intents G: cond and switch', () => {
  it('G4 G5 choose by booleans, numbers and tensors, with any number of operands', () => {
    const [yes, two] = [tf.scalar(true, 'bool'), tf.scalar(2, 'int32')];
    expect(
      hk.cond(
        true,
        () => 1,
        () => 2,
      ),
    ).to.equal(1);
    expect(
      hk.cond(
        0,
        (a: number) => a,
        (a: number) => -a,
        5,
      ),
    ).to.equal(-5);
    expect(
      hk.cond(
        yes,
        (a: number, b: number, c: number) => a + b + c,
        () => 0,
        1,
        2,
        3,
      ),
    ).to.equal(6);
    const branches = [() => 'a', () => 'b', () => 'c'];
    expect(hk.switch(two, branches)).to.equal('c');
    expect(
      [-3, 1, 9].map((i) => hk.switchCase(i, branches)),
      'cut to the branches',
    ).to.deep.equal(['a', 'b', 'c']);
    expect(errorCode(() => hk.switch(0.5, branches))).to.equal('control-value');
    expect(errorCode(() => hk.switch(0, []))).to.equal('control-value');
    expect(
      errorCode(() =>
        hk.cond(
          'yes' as never,
          () => 1,
          () => 2,
        ),
      ),
    ).to.equal('control-value');
    hk.tree.dispose([yes, two]);
  });

  it("G4 return what is the caller's", () => {
    const x = tf.scalar(3);
    const y = hk.cond(
      true,
      (a: tf.Tensor) => a,
      (a: tf.Tensor) => tf.neg(a),
      x,
    );
    y.dispose();
    expect(values(x)).to.deep.equal([3]);
    x.dispose();
  });

  it('G4 G5 run each function once in init, and only the chosen one in apply', () => {
    for (const n of [1, 2, 4, 8]) {
      let runs = 0;
      const branch = (): tf.Tensor => (runs++, tf.scalar(1));
      const model = hk.transform(() =>
        hk.switch(
          0,
          Array.from({ length: n }, () => branch),
        ),
      );
      hk.tree.dispose(model.init(0));
      expect(runs).to.equal(1);
    }
    const ran: string[] = [];
    const model = hk.transform((p: boolean) =>
      hk.cond(
        p,
        () => ran.push('true'),
        () => ran.push('false'),
      ),
    );
    model.init(null, true);
    model.apply({}, null, false);
    expect(ran).to.deep.equal(['false', 'true', 'false']);
  });

  it('G6 share parameters that both make, and refuse those of one alone', () => {
    const both = hk.transform((p: boolean) =>
      hk.cond(
        p,
        () => new Dense().call(),
        () => tf.neg(new Dense().call()),
      ),
    );
    const params = both.init(1, false);
    expect(Object.keys(params)).to.deep.equal(['dense']);
    const [y, z] = [both.apply(params, null, true), both.apply(params, null, false)];
    expect(values(y)[0]).to.equal(-values(z)[0]);
    const one = hk.transform(() =>
      hk.cond(
        true,
        () => new Dense().call(),
        () => tf.scalar(0),
      ),
    );
    expect(errorCode(() => one.init(1))).to.equal('branch-mismatch');
    const other = hk.transform(() =>
      hk.cond<[], unknown>(
        true,
        () => [tf.scalar(0)],
        () => tf.scalar(0),
      ),
    );
    expect(errorCode(() => other.init(1))).to.equal('branch-mismatch');
    hk.tree.dispose([params, y, z]);
  });

  it('G4 keep the state of the chosen branch, and hand keys on as if nothing were between', () => {
    const model = hk.transformWithState((p: boolean) => {
      const start = hk.getState('n', [], { init: constant(0) });
      const key = hk.cond(
        p,
        () => (hk.setState('n', tf.add(start, 1)), hk.nextRngKey()),
        () => (hk.setState('n', tf.add(start, 5)), hk.nextRngKey()),
      );
      return [key, hk.nextRngKey()];
    });
    const [, state] = model.init(1, true);
    expect(values(state['~'].n)).to.deep.equal([0]);
    for (const p of [true, false]) {
      const [keys, after] = model.apply({}, state, 7, p);
      expect(keys).to.deep.equal(chain(7, 2));
      expect(values(after['~'].n)).to.deep.equal([p ? 1 : 5]);
      hk.tree.dispose(after);
    }
    hk.tree.dispose(state);
  });

  it('G15 give names back', () => {
    const model = hk.transform(() => {
      hk.cond(
        true,
        () => new Dense().call(),
        () => new Dense().call(),
      );
      return new Dense().moduleName;
    });
    const params = model.init(0);
    expect(Object.keys(params)).to.deep.equal(['dense']);
    expect(model.apply(params, null)).to.equal('dense');
    hk.tree.dispose(params);
  });
});

/** The first keys of a sequence, one by one. */
function chain(seed: number, n: number): hk.PRNGKey[] {
  const sequence = new hk.PRNGSequence(seed);
  return Array.from({ length: n }, () => sequence.nextKey());
}
