import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const runs = {
  numRuns: Number(process.env.RUNS ?? 300),
  seed: Number(process.env.SEED ?? 7),
  endOnFailure: false,
};

type Node = number | null | Node[] | { [key: string]: Node };

/** What the compiler can follow where any tree is meant. */
type Flat = Record<string, number>;

/** Keys that break naive code: numbers, names of `Object.prototype`, beyond the basic plane, nothing at all. */
const keys = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 3 }),
  fc.constantFrom('0', '10', '9', 'constructor', 'toString', 'length', '', '~', 'a/b', '\u{1F600}', '\uFFFD'),
);

const trees: fc.Arbitrary<Node> = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer({ min: -9, max: 9 }),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(keys, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).tree;

/** The leaves in the order of JAX, written out once more: keys by code point, `null` empty. */
function leavesOf(tree: Node): number[] {
  if (tree === null) return [];
  if (typeof tree === 'number') return [tree];
  if (Array.isArray(tree)) return tree.flatMap(leavesOf);
  const points = (key: string): string =>
    Array.from(key, (c) => String(c.codePointAt(0)).padStart(8, '0')).join('');
  const names = Object.keys(tree).sort((a, b) => (points(a) < points(b) ? -1 : 1));
  return names.flatMap((name) => leavesOf(tree[name]));
}

/** Whether trees can be mapped over together: a leaf of the first may stand for a whole tree of the other. */
function fits(a: Node, b: Node): boolean {
  if (typeof a === 'number') return true;
  if (a === null || b === null || typeof b === 'number') return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((node, i) => fits(node, b[i]))
    );
  }
  const [names, others] = [a, b].map((node) => Object.keys(node).sort());
  return JSON.stringify(names) === JSON.stringify(others) && names.every((name) => fits(a[name], b[name]));
}

/** The tree with tensors in place of numbers, whatever `hk.tree` does. */
function tensorsIn(tree: Node): unknown {
  if (tree === null) return null;
  if (typeof tree === 'number') return tf.scalar(tree);
  if (Array.isArray(tree)) return tree.map(tensorsIn);
  return Object.fromEntries(Object.entries(tree).map(([key, node]) => [key, tensorsIn(node)]));
}

describe('random trees', () => {
  it('flatten into leaves of the order of JAX, and come back', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const [leaves, structure] = hk.tree.flatten<number>(tree);
        expect(leaves).to.deep.equal(leavesOf(tree));
        expect(hk.tree.leaves<number>(tree)).to.deep.equal(leaves);
        expect(hk.tree.unflatten(structure, leaves)).to.deep.equal(tree);
        expect(hk.tree.structure(hk.tree.unflatten(structure, leaves) as Node)).to.deep.equal(structure);
        expect(hk.tree.leavesWithPath<number>(tree).map(({ leaf }) => leaf)).to.deep.equal(leaves);
      }),
      runs,
    );
  });

  it('map and reduce as their leaves do, keep their keys in order, and are left as they were', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const before = structuredClone(tree);
        const doubled = hk.tree.map((x: number) => 2 * x, tree as Flat) as Node;
        expect(leavesOf(doubled)).to.deep.equal(leavesOf(tree).map((x) => 2 * x));
        expect(JSON.stringify(hk.tree.map((x: number) => x, tree as Flat))).to.equal(JSON.stringify(tree));
        expect(
          hk.tree.map((x: number, y: never) => x - (y as number), tree as Flat, tree as Flat),
        ).to.deep.equal(hk.tree.map(() => 0, tree as Flat));
        const sum = leavesOf(tree).reduce((a, b) => a + b, 0);
        expect(hk.tree.reduce((a: number, b: number) => a + b, tree, 0)).to.equal(sum);
        expect(hk.tree.all<number>(tree, (x) => x < 10)).to.equal(true);
        expect(tree).to.deep.equal(before);
      }),
      runs,
    );
  });

  it('of different structures are told apart', () => {
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        const code = errorCode(() => hk.tree.map((x: number) => x, a as Flat, b as Flat));
        expect(code).to.equal(fits(a, b) ? undefined : 'tree-structure-mismatch');
        expect(
          errorCode(() => hk.tree.map((x: number) => x, a as Flat, structuredClone(a) as Flat)),
        ).to.equal(undefined);
        const [leaves, structure] = hk.tree.flatten<number>(a);
        expect(errorCode(() => hk.tree.unflatten(structure, [...leaves, 1]))).to.equal('tree-leaf-count');
      }),
      runs,
    );
  });

  it('of tensors are disposed of to the last one', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const before = tf.memory().numTensors;
        const tensors = tensorsIn(tree) as hk.tree.Tree<tf.Tensor>;
        expect(tf.memory().numTensors - before).to.equal(leavesOf(tree).length);
        hk.tree.dispose([tensors, tensors]);
        expect(tf.memory().numTensors).to.equal(before);
      }),
      runs,
    );
  });

  it('pass through transforms, gradients and loops as they are', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const tensors = tensorsIn(tree) as hk.tree.Tree<tf.Tensor>;
        const model = hk.transform((t: hk.tree.Tree<tf.Tensor>) =>
          hk.tree.map((x: tf.Tensor) => tf.mul(x, 2), t as unknown as Record<string, tf.Tensor>),
        );
        const doubled = model.apply({}, null, tensors);
        const values = (t: unknown): number[] =>
          hk.tree.leaves(t as hk.tree.Tree<tf.Tensor>).map((x) => x.dataSync()[0]);
        expect(values(doubled)).to.deep.equal(leavesOf(tree).map((x) => 2 * x));
        const gradient = hk.grad(
          (t: hk.tree.Tree<tf.Tensor>) =>
            hk.tree.reduce(
              (a: tf.Tensor, x: tf.Tensor) => tf.add(a, tf.square(x)),
              t,
              tf.scalar(0),
            ) as tf.Scalar,
        )(tensors);
        expect(values(gradient)).to.deep.equal(leavesOf(tree).map((x) => 2 * x));
        expect(hk.tree.structure(gradient)).to.deep.equal(hk.tree.structure(tensors));
        const [carry] = hk.scan(
          (c: hk.tree.Tree<tf.Tensor>): [hk.tree.Tree<tf.Tensor>, null] => [c, null],
          tensors,
          null,
          {
            length: 2,
          },
        );
        expect(values(carry)).to.deep.equal(leavesOf(tree));
        hk.tree.dispose([tensors, doubled, gradient, carry] as hk.tree.Tree<tf.Tensor>);
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 3) },
    );
  });
});
