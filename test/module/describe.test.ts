import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { describeModule, show } from '../../src/module/describe.js';
import { within } from '../support/within.js';

const target = { name: 'Box', autoRepr: true };

function described(args: readonly unknown[], signature?: Parameters<typeof describeModule>[1]): string {
  return describeModule(target, signature, args);
}

function signed(args: readonly unknown[], defaults?: object, positional?: readonly string[]): string {
  const signature = { ...(defaults && { defaults }), ...(positional && { positional }) };
  return described(args, { name: 'box', className: 'Box', signature });
}

describe('values as they would be written', () => {
  for (const [value, text] of [
    ['a', "'a'"],
    ["it's\n\\", "'it\\'s\\n\\\\'"],
    [3n, '3n'],
    [1.5, '1.5'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [tf.relu, 'relu'],
    [
      (
        () => () =>
          0
      )(),
      '<function>',
    ],
    [[1, [2, 'x']], "[1, [2, 'x']]"],
    [{}, '{}'],
    [Object.create(null), '{}'],
    [{ a: 1, 'b-c': 'd', _e$1: undefined, $f: [] }, "{ a: 1, 'b-c': 'd', $f: [] }"],
    [{ '1a': 0, 'a b': 0, '': 0 }, "{ '1a': 0, 'a b': 0, '': 0 }"],
    [new Map(), '<Map>'],
    [/x+/g, '/x+/g'],
    [
      new (class Own {
        readonly inside = 1;
      })(),
      '<Own>',
    ],
    [{ toString: () => 'not used' }, '{ toString: toString }'],
  ] as [unknown, string][]) {
    it(text, () => {
      expect(show(value)).to.equal(text);
    });
  }

  it('tensors by dtype and shape', () => {
    tf.tidy(() => {
      expect(show(tf.zeros([2, 3], 'int32'))).to.equal('Tensor(int32[2,3])');
    });
  });

  it('no deeper than four', () => {
    expect(show([[[[[[1]]]]]])).to.equal('[[[[[…]]]]]');
    expect(show({ a: { b: { c: { d: { e: { f: 1 } } } } } })).to.equal(
      '{ a: { b: { c: { d: { e: … } } } } }',
    );
  });
});

describe('modules as their constructor calls', () => {
  it('without a signature: the arguments as given, but for missing ones at the end', () => {
    expect(described([])).to.equal('Box()');
    expect(described([1, 'a', undefined, undefined])).to.equal("Box(1, 'a')");
    expect(described([undefined, 2])).to.equal('Box(undefined, 2)');
    expect(described([{ name: undefined }])).to.equal('Box()');
    expect(described([1, {}])).to.equal('Box(1, {})');
  });

  it('with a signature: named, without those equal to their defaults', () => {
    expect(signed([3, { stride: 1, rate: 2 }], { stride: 1 }, ['size'])).to.equal(
      'Box({ size: 3, rate: 2 })',
    );
    expect(signed([3, 'b'], {}, ['size'])).to.equal("Box({ size: 3, name: 'b' })");
    expect(signed([3], { size: 3 }, ['size'])).to.equal('Box()');
    expect(signed([undefined, { a: undefined, b: 0 }], undefined, ['size'])).to.equal('Box({ b: 0 })');
    expect(signed([])).to.equal('Box()');
  });

  it('defaults are compared by what they hold', () => {
    const shown = (value: unknown, other: unknown): boolean =>
      signed([{ a: value }], { a: other }) !== 'Box()';
    expect(shown([1, 2], [1, 2])).to.equal(false);
    expect(shown([1, 2], [1, 3])).to.equal(true);
    expect(shown([1, 2], [1])).to.equal(true);
    expect(shown([], {})).to.equal(true);
    expect(shown({ b: { c: [1] } }, { b: { c: [1] } })).to.equal(false);
    expect(shown({ b: 1 }, { b: 1, c: 2 })).to.equal(true);
    expect(shown({ b: 1 }, { c: 1 })).to.equal(true);
    expect(shown(NaN, NaN)).to.equal(false);
    expect(shown(null, null)).to.equal(false);
    expect(shown(null, {})).to.equal(true);
    expect(shown({}, null)).to.equal(true);
    expect(shown(1, {})).to.equal(true);
    expect(shown({}, 1)).to.equal(true);
    // Two instances of a class may differ in what cannot be seen.
    expect(shown(new Map(), new Map())).to.equal(true);
    expect(shown(new Map(), {})).to.equal(true);
    expect(shown({}, new Map())).to.equal(true);
    tf.tidy(() => {
      const [a, b] = [tf.scalar(1), tf.scalar(1)];
      expect(shown(a, a)).to.equal(false);
      expect(shown(a, b)).to.equal(true);
      expect(shown(a, {})).to.equal(true);
      expect(shown({}, b)).to.equal(true);
    });
  });

  it('in one line up to 80 characters, else in a line for each argument', () => {
    const fill = (length: number): string => 'x'.repeat(length);
    const fits = described([fill(73)]);
    expect(fits).to.equal(`Box('${fill(73)}')`);
    expect(fits).to.have.lengthOf(80);
    expect(described([fill(74), 1])).to.equal(`Box(\n    '${fill(74)}',\n    1,\n)`);
    expect(signed([{ a: fill(80), b: 1 }])).to.equal(`Box({\n    a: '${fill(80)}',\n    b: 1,\n})`);
  });

  it('by the class name alone where descriptions are off', () => {
    expect(describeModule({ name: 'Box', autoRepr: false }, undefined, [1])).to.equal('<Box>');
    expect(describeModule(target, undefined, undefined)).to.equal('<Box>');
    expect(describeModule(target, { name: 'b', className: 'Crate' }, [])).to.equal('Crate()');
  });

  it('instances of classes that say so, or under a setting', () => {
    @hk.module()
    class Quiet extends hk.Module {
      static override autoRepr = false;
    }
    @hk.module()
    class Loud extends hk.Module {}
    expect(within(() => [String(new Quiet()), String(new Loud())])).to.deep.equal(['<Quiet>', 'Loud()']);
  });
});
