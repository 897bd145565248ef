import { scalar, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const { random } = hk;

type Expect<T extends true> = T;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const one = random.key(0);
const none: hk.PRNGKey | null = null;
export type Types = [
  Expect<Equal<typeof one, Uint32Array>>,
  Expect<Equal<ReturnType<typeof random.bits<8>>, Uint8Array>>,
  Expect<Equal<ReturnType<typeof random.bits>, Uint8Array | Uint16Array | Uint32Array>>,
];
export const typed: [hk.PRNGKey[], null[], (hk.PRNGKey | null)[], hk.random.Keys<hk.PRNGKey>, hk.PRNGKey] = [
  random.split(one),
  random.split(none),
  random.split(one as hk.PRNGKey | null),
  random.split(one, [2, 2]),
  random.split(one, []),
];
const words = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const keys = fc.tuple(words, words).map(([a, b]) => Uint32Array.of(a, b));

function expectCode(code: hk.ErrorCode, f: () => unknown): void {
  expect(errorCode(f)).to.equal(code);
}

describe('keys', () => {
  it('take the low 32 bits of a seed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (seed) => {
        expect([...random.key(seed)]).to.deep.equal([0, Number(BigInt.asUintN(32, seed))]);
      }),
    );
  });

  it('are the same from numbers and bigints', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        expect(random.key(seed)).to.deep.equal(random.key(BigInt(seed)));
      }),
    );
  });

  for (const seed of [
    0.5,
    NaN,
    Infinity,
    2 ** 53,
    '7',
    null,
    undefined,
    true,
    Uint32Array.of(0, 1),
    2n ** 64n,
  ]) {
    it(`refuse the seed ${String(seed)} (${typeof seed})`, () => {
      expectCode('seed-invalid', () => random.key(seed as number));
    });
  }

  it('split to the same first keys, however many', () => {
    fc.assert(
      fc.property(keys, fc.nat(20), fc.nat(20), (key, a, b) => {
        const shared = Math.min(a, b);
        expect(random.split(key, a).slice(0, shared)).to.deep.equal(random.split(key, b).slice(0, shared));
      }),
    );
  });

  it('split to what the numbers of the new keys fold in to', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 20 }), (key, n) => {
        expect(random.split(key, n)).to.deep.equal(
          Array.from({ length: n }, (_, i) => random.foldIn(key, i)),
        );
      }),
    );
  });

  it('split to a shape in row-major order', () => {
    const key = random.key(3);
    const flat = random.split(key, 12);
    const nested = random.split(key, [2, 3, 2]);
    expect(nested).to.have.length(2);
    expect(nested.flat(2)).to.deep.equal(flat);
    expect(random.split(key, [0])).to.deep.equal([]);
    expect(random.split(key, [])).to.deep.equal(flat[0]);
    expect(random.split(key, [3])).to.deep.equal(flat.slice(0, 3));
  });

  it('are new objects at each split', () => {
    const key = random.key(3);
    expect(random.split(key)[0]).not.to.equal(random.split(key)[0]);
    expect(random.split(key)[0].buffer.byteLength).to.equal(8);
  });

  it('may be null for split alone', () => {
    expect(random.split(null, 3)).to.deep.equal([null, null, null]);
    expect(random.split(null, [2, 1])).to.deep.equal([[null], [null]]);
    expectCode('key-invalid', () => random.foldIn(null as unknown as hk.PRNGKey, 1));
  });

  it('fold in a scalar tensor as its number', () => {
    const step = scalar(77, 'int32');
    expect(random.foldIn(random.key(1), step)).to.deep.equal(random.foldIn(random.key(1), 77));
    const negative = scalar(-1, 'int32');
    expect(random.foldIn(random.key(1), negative)).to.deep.equal(random.foldIn(random.key(1), 2 ** 32 - 1));
    const vector = tensor([1, 2], [2], 'int32');
    const float = scalar(1);
    expectCode('random-argument-invalid', () => random.foldIn(random.key(1), vector));
    expectCode('random-argument-invalid', () => random.foldIn(random.key(1), float));
    for (const made of [step, negative, vector, float]) made.dispose();
  });

  for (const data of [-1, 2 ** 32, 0.5, NaN]) {
    it(`fold in no ${data}`, () => {
      expectCode('random-argument-invalid', () => random.foldIn(random.key(1), data));
    });
  }

  const wrong: [string, unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['a seed', 42],
    ['an array', [0, 42]],
    ['an Int32Array', Int32Array.of(0, 42)],
    ['one word', Uint32Array.of(42)],
    ['three words', Uint32Array.of(0, 0, 42)],
    ['several keys', [Uint32Array.of(0, 1), Uint32Array.of(0, 2)]],
    ['a string', 'key'],
  ];
  for (const [what, value] of wrong) {
    it(`are refused by all functions when they are ${what}`, () => {
      const key = value as hk.PRNGKey;
      const calls: (() => unknown)[] = [
        () => random.foldIn(key, 1),
        () => random.bits(key, [2]),
        () => random.uniform(key, [2]),
        () => random.normal(key, [2]),
        () => random.truncatedNormal(key, -1, 1, [2]),
        () => random.bernoulli(key, 0.5, [2]),
        () => random.randint(key, [2], 0, 5),
        () => random.permutation(key, 4),
        () => random.choice(key, 4, [2]),
        () => random.categorical(key, [0, 1]),
        () => random.gumbel(key),
        () => random.exponential(key),
        () => random.laplace(key),
        () => random.logistic(key),
        () => random.cauchy(key),
        () => random.rademacher(key),
        () => random.gamma(key, 1),
        () => random.beta(key, 1, 1),
        () => random.dirichlet(key, [1, 1]),
        () => random.poisson(key, 3),
        () => random.multivariateNormal(key, [0], [[1]]),
        () => random.ball(key, 2),
        () => random.doubleSidedMaxwell(key, 0, 1),
      ];
      if (value !== null) calls.push(() => random.split(key));
      for (const call of calls) expectCode('key-invalid', call);
    });
  }
});
