import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import type { View } from '../../../src/compile/graph.js';
import {
  ends,
  equals,
  expand,
  ingredients,
  term,
  type Expanded,
} from '../../../src/compile/passes/algebra.js';
import { Surroundings } from '../../../src/compile/passes/rewrite.js';
import { recorded, type Trial } from './run.js';

/** The formula of the one result of `f`, and the buffers of its arguments. */
function formulaOf(f: Trial['f'], shapes: Trial['shapes']): { found: Expanded | undefined; args: number[] } {
  const graph = recorded({ f, shapes });
  const [leaf] = graph.results;
  const found = leaf.kind === 'tensor' ? expand(leaf.view, new Surroundings(graph), []) : undefined;
  return { found, args: graph.inputs.map(({ buffer }) => buffer) };
}

const square = [
  [3, 4],
  [3, 4],
  [3, 4],
];

describe('formulas are multiplied out', () => {
  const cases: Record<string, [f: Trial['f'], terms: (a: number, b: number) => Record<string, number>]> = {
    'sums and differences': [
      (a: tf.Tensor, b: tf.Tensor) => tf.sub(tf.add(a, tf.mul(b, 3)), tf.neg(a)),
      (a, b) => ({ [term(a)]: 2, [term(b)]: 3 }),
    ],
    'products of sums': [
      (a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.add(a, b), tf.sub(a, b)),
      (a, b) => ({ [term(a, a)]: 1, [term(b, b)]: -1 }),
    ],
    'small powers': [
      (a: tf.Tensor, b: tf.Tensor) => tf.add(tf.pow(a, 3), tf.square(tf.mul(b, 2))),
      (a, b) => ({ [term(a, a, a)]: 1, [term(b, b)]: 4 }),
    ],
    quotients: [
      (a: tf.Tensor, b: tf.Tensor) => tf.add(tf.div(tf.add(a, 1), b), tf.div(a, 4)),
      (a, b) => ({ [term(a, `/${b}`)]: 1, [term(`/${b}`)]: 1, [term(a)]: 0.25 }),
    ],
    reciprocals: [
      (a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.reciprocal(a), b),
      (a, b) => ({ [term(`/${a}`, b)]: 1 }),
    ],
  };
  for (const [name, [f, terms]] of Object.entries(cases)) {
    it(name, () => {
      const { found, args } = formulaOf(f, square);
      expect(found).not.to.equal(undefined);
      expect(equals((found as Expanded).polynomial, terms(args[0], args[1]))).to.equal(true);
      expect(equals((found as Expanded).polynomial, { [term(args[0])]: 1 })).to.equal(false);
    });
  }

  it('numbers up to rounding', () => {
    const polynomial = new Map([
      ['1', 0.5 * (1 + 1e-7)],
      ['2', 0],
    ]);
    expect(equals(polynomial, { '1': 0.5 })).to.equal(true);
    expect(equals(polynomial, { '1': 0.50001 })).to.equal(false);
  });

  it('seen with another shape where nothing is broadcast', () => {
    const flat = (t: tf.Tensor): tf.Tensor => tf.reshape(t, [-1]);
    const { found, args } = formulaOf((a: tf.Tensor, b: tf.Tensor) => tf.mul(flat(tf.add(a, b)), 2), square);
    expect(equals((found as Expanded).polynomial, { [term(args[0])]: 2, [term(args[1])]: 2 })).to.equal(true);
    const rows = formulaOf((a: tf.Tensor, b: tf.Tensor) => tf.mul(flat(tf.add(a, b)), 2), [[3, 4], [4]]);
    expect([...(rows.found as Expanded).polynomial.keys()]).to.have.lengthOf(1);
  });

  it('not at all where a factor is seen with two shapes, is no float, or there are too many terms', () => {
    const two = (a: tf.Tensor): tf.Tensor => tf.mul(tf.reshape(a, [4, 1]), tf.reshape(a, [1, 4]));
    expect(formulaOf(two, [[4]]).found).to.equal(undefined);
    const many = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
      tf.mul(tf.add(tf.add(a, b), c), tf.add(tf.mul(a, b), tf.mul(tf.mul(c, c), c)));
    expect(formulaOf(many, square).found).not.to.equal(undefined);
    expect(
      formulaOf((a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => tf.square(many(a, b, c)), square).found,
    ).to.equal(undefined);
    expect(formulaOf((a: tf.Tensor) => tf.pow(a, 5), [[4]]).found).to.equal(undefined);
  });

  it('down to what they stop at', () => {
    const graph = recorded({
      f: (a: tf.Tensor) => tf.mul(tf.tanh(tf.add(a, 1)), tf.add(a, 1)),
      shapes: [[4]],
    });
    const near = new Surroundings(graph);
    const [leaf] = graph.results as [{ kind: 'tensor'; view: View }];
    const sum = graph.nodes.findLast((node) => node.kind === 'kernel' && node.name === 'Add');
    const stopped = expand(leaf.view, near, sum?.outputs ?? []);
    expect(stopped?.polynomial.size).to.equal(1);
    expect(expand(leaf.view, near, [])?.polynomial.size).to.equal(2);
    expect(ingredients(leaf.view, near).length).to.be.at.least(3);
    const [input] = graph.inputs;
    // What sums and products make of the argument, the furthest first; a hyperbolic tangent is none.
    const found = ends(input, near).map(({ buffer }) => buffer);
    expect(found[0]).to.equal(leaf.view.buffer);
    expect(found).to.have.lengthOf(3);
  });
});
