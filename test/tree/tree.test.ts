import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

describe('tree', () => {
  const nested = { b: [2, null, { z: 3, a: 4 }], a: 1 };

  it('goes through leaves in the order of JAX, and keeps insertion order in what it builds', () => {
    expect(hk.tree.leaves<number>(nested)).to.deep.equal([1, 2, 4, 3]);
    expect(hk.tree.leaves<number>({ '\u{1F600}': 2, '\uFFFD': 1 }), 'by code point').to.deep.equal([1, 2]);
    const doubled = hk.tree.map((x: number) => x * 2, nested);
    expect(doubled).to.deep.equal({ b: [4, null, { z: 6, a: 8 }], a: 2 });
    expect(Object.keys(doubled)).to.deep.equal(['b', 'a']);
    const [leaves, structure] = hk.tree.flatten<number>(nested);
    expect(hk.tree.unflatten(structure, leaves)).to.deep.equal(nested);
    expect(hk.tree.reduce((sum: number, x: number) => sum + x, nested, 0)).to.equal(10);
    expect(hk.tree.all<number>(nested, (x) => x > 0)).to.equal(true);
  });

  it('refuses trees that do not fit', () => {
    const add = (...trees: unknown[]): unknown =>
      hk.tree.map((a: number, b: never) => a + (b as number), ...(trees as [unknown]));
    expect(errorCode(() => add({ a: 1 }, { b: 1 }))).to.equal('tree-structure-mismatch');
    expect(errorCode(() => add([1], [1, 2]))).to.equal('tree-structure-mismatch');
    expect(errorCode(() => add([null], [1]))).to.equal('tree-structure-mismatch');
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(errorCode(() => hk.tree.leaves(cyclic as never))).to.equal('tree-cyclic');
    expect(errorCode(() => hk.tree.unflatten(hk.tree.structure([0, 0]), [1]))).to.equal('tree-leaf-count');
    expect(errorCode(() => hk.tree.unflatten(hk.tree.structure([0]), [1, 2]))).to.equal('tree-leaf-count');
  });

  it('frees each tensor once', () => {
    const x = tf.scalar(1);
    hk.tree.dispose({ a: x, b: [x, 3, null] });
    expect(x.isDisposed).to.equal(true);
    hk.tree.dispose(x);
  });
});
