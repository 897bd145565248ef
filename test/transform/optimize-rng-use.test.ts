import { add, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

function normals(n: number): Tensor[] {
  return Array.from({ length: n }, (_, i) =>
    hk.getParameter(`w${i}`, [3], { init: hk.initializers.randomNormal() }),
  );
}

describe('optimizeRngUse', () => {
  it('splits the key once for all keys that are taken', () => {
    const seen: hk.PRNGKey[][] = [];
    const f = hk.experimental.optimizeRngUse(() => {
      seen.push([hk.nextRngKey(), hk.nextRngKey(), hk.nextRngKey()]);
      return zeros([]);
    });
    hk.transform(f).apply({}, 42).dispose();
    const [next, ...keys] = hk.random.split(hk.random.key(42), 4);
    expect(seen).to.have.length(2);
    expect(seen[1]).to.deep.equal(keys);
    const after = hk.transform(() => {
      f().dispose();
      seen.push([hk.nextRngKey()]);
      return zeros([]);
    });
    after.apply({}, 42).dispose();
    expect(seen.at(-1)).to.deep.equal([hk.random.split(next)[1]]);
  });

  it('makes parameters once, with the names and shapes of a plain run', () => {
    const body = (x: Tensor): Tensor => normals(3).reduce((sum, w) => add(sum, w), x);
    const x = zeros([3]);
    const plain = hk.transform(body).init(42, x);
    const optimized = hk.transform(hk.experimental.optimizeRngUse(body)).init(42, x);
    expect(Object.keys(optimized['~'])).to.deep.equal(Object.keys(plain['~']));
    // The first key of a split does not depend on how many there are.
    expect([...optimized['~'].w0.dataSync()]).to.deep.equal([...plain['~'].w0.dataSync()]);
    expect([...optimized['~'].w1.dataSync()]).not.to.deep.equal([...plain['~'].w1.dataSync()]);
    hk.tree.dispose([plain, optimized, x]);
  });

  it('needs no key where none is taken', () => {
    const f = hk.transform(hk.experimental.optimizeRngUse(() => zeros([2])));
    f.apply({}, null).dispose();
  });

  it('works inside a transform only', () => {
    expect(errorCode(hk.experimental.optimizeRngUse(() => 1))).to.equal('outside-transform');
  });
});
