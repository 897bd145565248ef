import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const ds = hk.dataStructures;
const structure = { b: { y: 1, x: 2 }, a: { z: 3 }, empty: {} };

describe('Haiku intents I: data structures', () => {
  it('I3 traverse in sorted order', () => {
    expect([...ds.traverse(structure)]).to.deep.equal([
      ['a', 'z', 3],
      ['b', 'x', 2],
      ['b', 'y', 1],
    ]);
  });

  it('I3 partition, filter and map by names and values; merge puts together again', () => {
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
    expect(errorCode(() => ds.partitionN(() => 2, structure, 2))).to.equal('partition-outside');
  });

  it('I3 merge lets the last count, or refuses other shapes', () => {
    const [a, b, c] = [tf.zeros([2]), tf.zeros([3]), tf.ones([2])];
    expect(ds.merge({ m: { w: a } }, { m: { w: b } }).m.w).to.equal(b);
    expect(ds.merge({ m: { w: a } }, { m: { w: c } }, { checkDuplicates: true }).m.w).to.equal(c);
    expect(errorCode(() => ds.merge({ m: { w: a } }, { m: { w: b } }, { checkDuplicates: true }))).to.equal(
      'merge-duplicate',
    );
    hk.tree.dispose([a, b, c]);
  });

  it('I3 compare names, and measure', () => {
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

  it('I2 copy', () => {
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
    expect(Reflect.set((frozen as typeof source).m, 'w', w)).to.equal(false);
    expect(Object.isFrozen(ds.toHaikuDict(frozen).m)).to.equal(false);
    w.dispose();
  });

  it('I2 copies of containers are copies all the way down, of tensors none', () => {
    const w = tf.scalar(1);
    const source = { m: { list: [w, { deep: [w] }] as never } };
    for (const copy of [ds.toMutableDict(source), ds.toHaikuDict(source), ds.toImmutableDict(source)]) {
      const [first, { deep }] = copy.m.list as unknown as [tf.Tensor, { deep: tf.Tensor[] }];
      const [, original] = source.m.list as unknown as [tf.Tensor, { deep: tf.Tensor[] }];
      expect([first === w, deep[0] === w, deep === original.deep]).to.deep.equal([true, true, false]);
    }
    w.dispose();
  });

  const [two, three, ints] = [() => tf.zeros([2]), () => tf.zeros([3]), () => tf.zeros([2], 'int32')];
  for (const [what, a, b, message] of [
    ['shapes', two, three, 'm/w'],
    ['dtypes', two, ints, 'int32'],
    ['shapes and dtypes', three, ints, 'float32'],
  ] as const) {
    it(`I3 merge refuses duplicates of other ${what} on request, and names them`, () => {
      const trees = [{ m: { w: a() } }, { m: { w: b() } }] as const;
      const merging = (): unknown => ds.merge(...trees, { checkDuplicates: true });
      expect(errorCode(merging)).to.equal('merge-duplicate');
      expect(merging).to.throw(message);
      hk.tree.dispose(trees);
    });
  }

  it('I3 partitions by regular expression', () => {
    const [linear, rest] = ds.partition((m, n) => /^mlp.*\/w$/.test(`${m}/${n}`), {
      'mlp/linear_0': { w: 1, b: 2 },
      head: { w: 3 },
    });
    expect([linear, rest]).to.deep.equal([
      { 'mlp/linear_0': { w: 1 } },
      { head: { w: 3 }, 'mlp/linear_0': { b: 2 } },
    ]);
  });

  it('I3 gradients flow through partition and merge', () => {
    const params = { a: { w: tf.scalar(3), b: tf.scalar(5) } };
    const [trainable, fixed] = ds.partition((_, name) => name === 'w', params);
    const gradient = hk.grad((p: hk.Params) => {
      const { w, b } = ds.merge(p, fixed).a;
      return tf.mul(tf.square(w), b);
    })(trainable);
    expect(Object.keys(gradient.a)).to.deep.equal(['w']);
    expect([...gradient.a.w.dataSync()]).to.deep.equal([30]);
    hk.tree.dispose([params, gradient]);
  });
});
