import { ones, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { patternOf, type Inputs } from '../../src/compile/pattern.js';
import { key } from '../../src/random/index.js';
import { flatten, rebuilder, structure } from '../../src/tree/tree.js';

/** What the pattern of `example` takes of a value; `undefined` where it does not hold. */
function taken(
  example: unknown,
  value: unknown,
  constant: (tensor: Tensor) => number | undefined = () => undefined,
): Inputs | undefined {
  const inputs: Inputs = { tensors: [], keys: [] };
  return patternOf(example, constant)(value, inputs) ? inputs : undefined;
}

describe('the pattern of arguments', () => {
  it('takes tensors and keys in the order of the leaves, whatever the order of insertion', () => {
    tidy(() => {
      const [a, b, c] = [ones([2]), ones([2, 1]), ones([])];
      const k = key(1);
      const found = taken([{ z: a, a: b }, k, [c, 'on']], [{ z: a, a: b }, key(2), [c, 'on']]);
      expect(found?.tensors).to.deep.equal([b, a, c]);
      expect(found?.keys).to.deep.equal([key(2)]);
    });
  });

  it('holds for the same shapes and dtypes alone', () => {
    tidy(() => {
      const example = [ones([2, 3])];
      expect(taken(example, [zeros([2, 3])])).not.to.equal(undefined);
      for (const other of [
        ones([3, 2]),
        ones([6]),
        ones([2, 3, 1]),
        ones([2, 3], 'int32'),
        1,
        null,
        key(1),
        {},
      ])
        expect(taken(example, [other]), String(other)).to.equal(undefined);
      const gone = ones([2, 3]);
      gone.dispose();
      expect(taken(example, [gone])).to.equal(undefined);
    });
  });

  it('holds for the same nesting alone, the order of keys included', () => {
    tidy(() => {
      const x = ones([1]);
      const example = { a: x, b: [x, x] };
      expect(taken(example, { a: x, b: [x, x] })?.tensors).to.have.lengthOf(3);
      for (const other of [
        { b: [x, x], a: x },
        { a: x, b: [x] },
        { a: x, b: [x, x, x] },
        { a: x, b: { 0: x, 1: x } },
        { a: x, b: [x, x], c: x },
        { a: x },
        [x, [x, x]],
        x,
      ])
        expect(taken(example, other)).to.equal(undefined);
      expect(taken([[]], [[]])).to.deep.equal({ tensors: [], keys: [] });
      expect(taken([{}], [[]])).to.equal(undefined);
    });
  });

  it('tells static values apart as Object.is does', () => {
    for (const value of [0, NaN, '', 'a', true, null, undefined, 1.5]) {
      expect(taken([value], [value]), String(value)).not.to.equal(undefined);
      for (const other of [-0, 2, 'b', false]) expect(taken([value], [other])).to.equal(undefined);
    }
  });

  it('takes constants by their values, not as inputs', () => {
    tidy(() => {
      const [w, other, x] = [ones([2]), ones([2]), ones([2])];
      const number = (tensor: Tensor): number | undefined =>
        tensor === w ? 1 : tensor === other ? 2 : undefined;
      expect(taken([w, x], [w, x], number)?.tensors).to.deep.equal([x]);
      expect(taken([w, x], [other, x], number)).to.equal(undefined);
      expect(taken([w, x], [x, x], number)).to.equal(undefined);
      expect(taken([w, x], [w, w], number)).to.equal(undefined);
    });
  });
});

describe('results are rebuilt', () => {
  for (const value of [
    7,
    [1, [2, { b: 3, a: 4 }], []],
    { z: 1, a: { y: 2, b: 3 }, m: null },
    JSON.parse('{ "__proto__": 1, "b": 2 }') as unknown,
    { nested: [null, { x: 'one', w: [] }] },
  ]) {
    it(`as ${JSON.stringify(value)}, keys in the order of insertion`, () => {
      const [leaves] = flatten<unknown>(value as never);
      const rebuilt = rebuilder(structure(value as never))(leaves);
      expect(rebuilt).to.deep.equal(value);
      expect(JSON.stringify(rebuilt)).to.equal(JSON.stringify(value));
      expect(Object.getPrototypeOf(Object(rebuilt))).to.equal(Object.getPrototypeOf(Object(value)));
    });
  }
});
