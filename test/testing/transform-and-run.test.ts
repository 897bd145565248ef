import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { values } from '../support/tensors.js';

describe('testing.transformAndRun', () => {
  it('runs apply on what init made, with the next seed', () => {
    const keys: unknown[] = [];
    const f = hk.testing.transformAndRun((x: tf.Tensor) => {
      keys.push(hk.maybeNextRngKey());
      hk.setState('s', x);
      return tf.add(x, hk.getParameter('w', [], { init: hk.initializers.constant(1) }));
    });
    const x = tf.scalar(2);
    const y = f(x);
    expect(values(y)).to.deep.equal([3]);
    expect(keys).to.deep.equal([new hk.PRNGSequence(42).nextKey(), new hk.PRNGSequence(43).nextKey()]);
    hk.tree.dispose([x, y]);
  });

  it('can do without keys and without apply', () => {
    let runs = 0;
    const f = hk.testing.transformAndRun(() => (runs++, hk.maybeNextRngKey()), {
      seed: null,
      runApply: false,
    });
    expect(f()).to.equal(undefined);
    expect(runs).to.equal(1);
  });
});
