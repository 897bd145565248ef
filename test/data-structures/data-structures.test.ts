import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const ds = hk.dataStructures;
const structure = { b: { y: 1, x: 2 }, a: { z: 3 }, empty: {} };

describe('dataStructures', () => {
  it('traverse in sorted order', () => {
    expect([...ds.traverse(structure)]).to.deep.equal([
      ['a', 'z', 3],
      ['b', 'x', 2],
      ['b', 'y', 1],
    ]);
  });

  it('partition, filter and map by names and values; merge puts together again', () => {
    const [small, large] = ds.partition((_m, _n, value) => value < 3, structure);
    expect([small, large]).to.deep.equal([{ b: { x: 2, y: 1 } }, { a: { z: 3 } }]);
    expect(ds.filter((m, n) => m === 'b' && n === 'x', structure)).to.deep.equal({ b: { x: 2 } });
    expect(ds.map((m, n, value) => `${m}/${n}=${value}`, structure)).to.deep.equal({
      a: { z: 'a/z=3' },
      b: { x: 'b/x=2', y: 'b/y=1' },
    });
    for (let n = 1; n <= 7; n++) {
      const parts = ds.partitionN((_m, _n, value) => value % n, structure, n);
      expect(parts).to.have.length(n);
      expect(ds.merge(...parts)).to.deep.equal({ a: { z: 3 }, b: { x: 2, y: 1 } });
    }
    expect(() => ds.partitionN(() => 2, structure, 2)).to.throw(RangeError);
  });

  it('merge lets the last count, or refuses other shapes', () => {
    const [a, b, c] = [tf.zeros([2]), tf.zeros([3]), tf.ones([2])];
    expect(ds.merge({ m: { w: a } }, { m: { w: b } }).m.w).to.equal(b);
    expect(ds.merge({ m: { w: a } }, { m: { w: c } }, { checkDuplicates: true }).m.w).to.equal(c);
    expect(errorCode(() => ds.merge({ m: { w: a } }, { m: { w: b } }, { checkDuplicates: true }))).to.equal(
      'merge-duplicate',
    );
    hk.tree.dispose([a, b, c]);
  });

  it('compare names, and measure', () => {
    const isSubset = (subset: object, superset: object): boolean =>
      ds.isSubset({ subset: subset as never, superset: superset as never });
    expect(isSubset({ a: { z: 0 } }, structure)).to.equal(true);
    expect(isSubset({ other: {} }, structure), 'modules without entries do not count').to.equal(true);
    expect(isSubset({ a: { q: 0 } }, structure)).to.equal(false);
    expect(isSubset({ c: { z: 0 } }, structure)).to.equal(false);
    expect(isSubset(structure, structure)).to.equal(true);
    const tree = { a: tf.zeros([2, 3]), b: [tf.zeros([4], 'bool')] };
    expect([ds.treeSize(tree), ds.treeBytes(tree)]).to.deep.equal([10, 28]);
    hk.tree.dispose(tree);
  });

  it('copy', () => {
    const w = tf.scalar(1);
    const source = { m: { w, list: [1] as never } };
    const copy = ds.toMutableDict(source);
    expect(copy).to.deep.equal(source);
    expect([copy.m === source.m, copy.m.list === source.m.list, copy.m.w === w]).to.deep.equal([
      false,
      false,
      true,
    ]);
    const frozen = ds.toImmutableDict(source);
    expect(() => ((frozen as typeof source).m.w = w)).to.throw(TypeError);
    expect(Object.isFrozen(ds.toHaikuDict(frozen).m)).to.equal(false);
    w.dispose();
  });
});
