import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

/**
 * Control flow and calculus inside a transform: the intents that test/transform does not show under another title.
 *
 * Not applicable in TypeScript: G2 (the functions work outside of a transform too, there is no `jax.lax` beside them);
 * of G4 the five-argument form and `operand=`, which the signature excludes.
 */
const zero = { init: hk.initializers.constant(0) };

/** Counts its calls in the state `n`. */
function count(): tf.Tensor {
  const next = tf.add(hk.getState('n', [], zero), 1);
  hk.setState('n', next);
  return next;
}

describe('Haiku intents G: control flow', () => {
  it('G1 valueAndGrad carries aux and state', () => {
    const { init, apply } = hk.transformWithState((x: tf.Tensor) =>
      hk.valueAndGrad((y: tf.Tensor) => [tf.square(y), count()] as [tf.Tensor, tf.Tensor], { hasAux: true })(
        x,
      ),
    );
    const x = tf.scalar(3);
    const [params, state] = init(null, x);
    const [[[value, aux], gradient], after] = apply(params, state, null, x);
    expect([value, aux, gradient, after['~'].n].map((t) => values(t as tf.Tensor)[0])).to.deep.equal([
      9, 1, 6, 1,
    ]);
    hk.tree.dispose([x, state, value, aux, gradient, after]);
  });

  for (const length of [0, 1, 2, 4, 8]) {
    it(`G8 a scan of ${length} steps counts to ${length} in apply, to 0 in init`, () => {
      const { init, apply } = hk.transformWithState(() => {
        hk.scan(
          () => {
            count();
            return [null, null];
          },
          null,
          null,
          { length },
        );
      });
      const [, state] = init(null);
      expect(values(state['~'].n)).to.deep.equal([0]);
      const [, after] = apply({}, state, null);
      expect(values(after['~'].n)).to.deep.equal([length]);
      hk.tree.dispose([state, after]);
    });

    it(`G13 a whileLoop of ${length} steps runs as often, and not in init`, () => {
      const { init, apply } = hk.transformWithState(() =>
        hk.whileLoop(
          (i: tf.Tensor) => tf.less(i, length),
          (i: tf.Tensor) => tf.add(i, 1),
          tf.scalar(0),
        ),
      );
      expect(errorCode(() => init(null))).to.equal('while-init');
      const [y] = apply({}, {}, null);
      expect(values(y)).to.deep.equal([length]);
      y.dispose();
    });
  }

  for (const lower of [0, 3, 8]) {
    for (const n of [1, 2, 3]) {
      it(`G10 foriLoop from ${lower} takes ${n} steps`, () => {
        const { apply } = hk.transformWithState(() =>
          hk.foriLoop(lower, lower + n, (i, sum: tf.Tensor) => tf.add(sum, i), tf.scalar(0)),
        );
        const [y] = apply({}, {}, null);
        expect(values(y)).to.deep.equal([n * lower + (n * (n - 1)) / 2]);
        y.dispose();
      });
    }
  }

  it('G14 evalShape changes no state', () => {
    const { init, apply } = hk.transformWithState(() => {
      count();
      hk.evalShape(count);
    });
    const [, state] = init(null);
    const [, after] = apply({}, state, null);
    expect(values(after['~'].n)).to.deep.equal([1]);
    hk.tree.dispose([state, after]);
  });
});
