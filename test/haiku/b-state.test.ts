import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const zero = { init: hk.initializers.constant(0) };

/** Adds one to the counter and returns its new value. */
function increment(): tf.Tensor {
  const next = tf.add(hk.getState('n', [], zero), 1);
  hk.setState('n', next);
  return next;
}

describe('Haiku intents B: state', () => {
  it('B1 init returns the first values, apply the last', () => {
    const { init, apply } = hk.transformWithState(() => {
      for (let i = 0; i < 10; i++) increment();
    });
    const [params, state] = init(null);
    expect(values(state['~'].n)).to.deep.equal([0]);
    const [, after] = apply(params, state, null);
    expect(values(after['~'].n)).to.deep.equal([10]);
    hk.tree.dispose([state, after]);
  });

  it('B2 what is set can be read at once', () => {
    const f = (): number[] => {
      hk.setState('s', tf.scalar(7));
      return values(hk.getState('s'));
    };
    expect(hk.testing.transformAndRun(f)()).to.deep.equal([7]);
  });

  it('B3 state that apply is first to make is returned', () => {
    const [, state] = hk.transformWithState(() => void increment()).apply({}, {}, null);
    expect(values(state['~'].n)).to.deep.equal([1]);
    hk.tree.dispose(state);
  });

  it('B4 missing state needs an initializer and a shape, in init and apply', () => {
    const bare = hk.transformWithState(() => hk.getState('s'));
    const shapeless = hk.transformWithState(() => hk.getState('s', undefined, zero));
    for (const [{ init, apply }, code] of [
      [bare, 'state-missing'],
      [shapeless, 'state-shape-missing'],
    ] as const) {
      expect(errorCode(() => init(null))).to.equal(code);
      expect(errorCode(() => apply({}, {}, null))).to.equal(code);
    }
  });

  it('B5 transform refuses state, in init and apply', () => {
    const { init, apply } = hk.transform(() => void increment());
    expect(errorCode(() => init(null))).to.equal('state-not-empty');
    expect(errorCode(() => apply({}, null))).to.equal('state-not-empty');
  });

  it('B6 withEmptyState and withoutState undo each other', () => {
    const plain = hk.transform((x: number) => tf.mul(hk.getParameter('w', [], { init: tf.ones }), x));
    const stateful = hk.withEmptyState(plain);
    const [params, state] = stateful.init(null, 2);
    expect(state).to.deep.equal({});
    const [y, after] = stateful.apply(params, state, null, 2);
    expect([values(y), after]).to.deep.equal([[2], {}]);
    const z = hk.withoutState(stateful).apply(params, null, 3);
    expect(values(z)).to.deep.equal([3]);
    hk.tree.dispose([params, y, z]);
  });

  it('B7 any nesting can be set; setters see shapes and dtypes of the same nesting', () => {
    let seen: unknown[] = [];
    const [, state] = hk
      .transformWithState(() =>
        hk.customSetter(
          (next, value, context) => {
            seen = [context.originalShape, context.originalDtype];
            return next(value);
          },
          () => hk.setState('s', { a: tf.zeros([2]), b: [tf.scalar(1, 'int32')] }),
        ),
      )
      .init(null);
    expect(seen).to.deep.equal([
      { a: [2], b: [[]] },
      { a: 'float32', b: ['int32'] },
    ]);
    expect(hk.tree.leaves(state)).to.have.length(2);
    hk.tree.dispose(state);
  });

  it('B8 the first value stays the first, however often the state is set', () => {
    const { init, apply } = hk.transformWithState(() => {
      const before = values(increment());
      increment();
      const initial = hk.getInitialState()['~'].n;
      return [before[0], values(initial)[0]];
    });
    const [, state] = init(null);
    const [first, second] = apply({}, state, null);
    expect(first).to.deep.equal([1, 0]);
    const [again, third] = apply({}, second, null);
    expect(again).to.deep.equal([3, 2]);
    hk.tree.dispose([state, second, third]);
  });
});
