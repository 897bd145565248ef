import { Tensor, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import * as hk from '../../src/index.js';
import { compiledKernels } from '../../src/random/kernels/compiled.js';
import { javascriptKernels } from '../../src/random/kernels/javascript.js';
import { SCRATCH_WORDS } from '../../src/random/kernels/kernels.js';
import { withKernels } from '../../src/random/kernels/select.js';
import { expectBits } from '../support/compare.js';
import { errorCode } from '../support/errors.js';

const { random } = hk;

function values(sample: Tensor): Float32Array {
  const result = sample.dataSync() as Float32Array;
  sample.dispose();
  return result;
}

const words = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const keys = fc.tuple(words, words).map(([a, b]) => Uint32Array.of(a, b));
const floats = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

describe('bits', () => {
  it('do not depend on how many follow', () => {
    fc.assert(
      fc.property(keys, fc.nat(40), fc.nat(40), fc.constantFrom(8, 16, 32), (key, a, b, bits) => {
        const shared = Math.min(a, b);
        const [x, y] = [a, b].map((n) => random.bits(key, [n], { bits }).slice(0, shared));
        expect(x).to.deep.equal(y);
      }),
    );
  });

  it('of fewer bits are the low ones', () => {
    const key = random.key(5);
    const all = random.bits(key, [9]);
    expect(random.bits(key, [9], { bits: 8 })).to.deep.equal(Uint8Array.from(all));
    expect(random.bits(key, [3, 3], { bits: 16 })).to.deep.equal(Uint16Array.from(all));
    expect(random.bits(key)).to.deep.equal(all.slice(0, 1));
  });

  it('have one of three widths', () => {
    expect(errorCode(() => random.bits(random.key(1), [2], { bits: 64 as 32 }))).to.equal(
      'random-argument-invalid',
    );
  });
});

describe('samples', () => {
  it('of uniform are in their range', () => {
    fc.assert(
      fc.property(keys, floats, floats, (key, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        for (const x of values(random.uniform(key, [50], { minval: low, maxval: high }))) {
          expect(x).to.be.within(low, high);
        }
      }),
    );
  });

  it('of truncatedNormal are strictly between their bounds', () => {
    fc.assert(
      fc.property(
        keys,
        fc.float({ min: -6, max: 6, noNaN: true }),
        fc.float({ min: Math.fround(0.01), max: 6, noNaN: true }),
        (key, lower, width) => {
          const upper = Math.fround(lower + width);
          for (const x of values(random.truncatedNormal(key, lower, upper, [50]))) {
            expect(x).to.be.greaterThan(lower).and.lessThan(upper);
          }
        },
      ),
    );
  });

  it('of randint are in their range', () => {
    const bound = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(keys, bound, bound, (key, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        for (const x of values(random.randint(key, [50], low, high))) {
          expect(x).to.be.within(low, Math.max(low, high - 1));
        }
      }),
    );
  });

  it('of permutation are all the numbers', () => {
    fc.assert(
      fc.property(keys, fc.nat(300), (key, n) => {
        expect([...values(random.permutation(key, n))].sort((a, b) => a - b)).to.deep.equal([
          ...Array(n).keys(),
        ]);
      }),
    );
  });

  it('of choice without replacement differ', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 60 }), fc.boolean(), (key, n, weighted) => {
        const p = weighted ? Array.from({ length: n }, (_, i) => i + 1) : null;
        const chosen = values(random.choice(key, n, [n], { replace: false, p }));
        expect(new Set(chosen).size).to.equal(n);
      }),
    );
  });

  it('of dirichlet have sum 1', () => {
    fc.assert(
      fc.property(
        keys,
        fc.array(fc.float({ min: Math.fround(0.01), max: 20, noNaN: true }), { minLength: 1, maxLength: 9 }),
        (key, alpha) => {
          const sum = values(random.dirichlet(key, alpha)).reduce((a, b) => a + b, 0);
          expect(sum).to.be.closeTo(1, 1e-5);
        },
      ),
    );
  });

  it('of ball are in the ball', () => {
    for (const p of [1, 2, 5]) {
      const points = values(random.ball(random.key(p), 3, p, [200]));
      for (let i = 0; i < points.length; i += 3) {
        const norm = points.subarray(i, i + 3).reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p);
        expect(norm).to.be.at.most(1 + 1e-6);
      }
    }
  });

  const shapes: number[][] = [[], [0], [3, 0, 2], [1], [2, 3]];
  for (const shape of shapes) {
    it(`have the shape [${String(shape)}]`, () => {
      const key = random.key(8);
      const all: [Tensor, string][] = [
        [random.uniform(key, shape), 'float32'],
        [random.normal(key, shape), 'float32'],
        [random.truncatedNormal(key, -1, 1, shape), 'float32'],
        [random.bernoulli(key, 0.5, shape), 'bool'],
        [random.randint(key, shape, 0, 9), 'int32'],
        [random.choice(key, 5, shape), 'int32'],
        [random.categorical(key, [0, 1, 2], { shape }), 'int32'],
        [random.gumbel(key, shape), 'float32'],
        [random.exponential(key, shape), 'float32'],
        [random.laplace(key, shape), 'float32'],
        [random.logistic(key, shape), 'float32'],
        [random.cauchy(key, shape), 'float32'],
        [random.rademacher(key, shape), 'int32'],
        [random.gamma(key, 2, shape), 'float32'],
        [random.beta(key, 2, 3, shape), 'float32'],
        [random.poisson(key, 2, shape), 'int32'],
        [random.doubleSidedMaxwell(key, 0, 1, shape), 'float32'],
      ];
      for (const [sample, dtype] of all) {
        expect(sample.shape).to.deep.equal(shape);
        expect(sample.dtype).to.equal(dtype);
        expect(sample.dataSync()).to.have.length(sample.size);
        sample.dispose();
      }
      for (const sample of [
        random.dirichlet(key, [1, 2], shape),
        random.ball(key, 2, 2, shape),
        random.multivariateNormal(
          key,
          [0, 0],
          [
            [1, 0],
            [0, 1],
          ],
          shape,
        ),
      ]) {
        expect(sample.shape).to.deep.equal([...shape, 2]);
        sample.dispose();
      }
    });
  }

  for (const shape of [[-1], [1.5], [NaN], ['2'], 3, null, { length: 1 }]) {
    it(`are refused for the shape ${JSON.stringify(shape)}`, () => {
      const key = random.key(8);
      const wrong = shape as number[];
      for (const call of [
        () => random.uniform(key, wrong),
        () => random.normal(key, wrong),
        () => random.bits(key, wrong),
        () => random.randint(key, wrong, 0, 1),
        () => random.choice(key, 3, wrong),
        () => random.ball(key, 2, 2, wrong),
      ]) {
        expect(errorCode(call)).to.equal('random-shape-invalid');
      }
    });
  }

  it('are refused where parameters do not broadcast to them', () => {
    const key = random.key(8);
    const p = tensor([0.1, 0.2]);
    for (const call of [
      () => random.uniform(key, [3], { minval: p }),
      () => random.bernoulli(key, p, [3]),
      () => random.bernoulli(key, p, []),
      () => random.gamma(key, p, [2, 3]),
      () => random.beta(key, p, [1, 2, 3]),
      () =>
        random.categorical(
          key,
          [
            [0, 1],
            [0, 1],
          ],
          { shape: [2, 3] },
        ),
    ]) {
      expect(errorCode(call)).to.equal('random-shape-invalid');
    }
    p.dispose();
  });

  it('are refused for arguments that mean nothing', () => {
    const key = random.key(8);
    for (const call of [
      () => random.randint(key, [2], 0.5, 2),
      () => random.randint(key, [2], 0, 2 ** 31 + 1),
      () => random.permutation(key, -1),
      () => random.permutation(key, 3, { axis: 1 }),
      () => random.choice(key, 0, [1]),
      () => random.choice(key, 3, [4], { replace: false }),
      () => random.choice(key, 3, [4], { p: [0.5, 0.5] }),
      () => random.categorical(key, [0, 1], { axis: 1 }),
      () => random.categorical(key, [[], []]),
      () => random.dirichlet(key, 1),
      () => random.multivariateNormal(key, [0, 0], [[1]]),
      () => random.ball(key, -1),
      () => random.ball(key, 2, 0),
    ]) {
      expect(errorCode(call)).to.equal('random-argument-invalid');
    }
  });
});

describe('compiled kernels', () => {
  it('run here', () => {
    expect(compiledKernels()).not.to.equal(null);
  });

  it('draw the bits of those in JavaScript, around the size of the scratch', () => {
    const compiled = compiledKernels()!;
    const draws: ((key: hk.PRNGKey, n: number) => Tensor)[] = [
      (key, n) => random.uniform(key, [n], { minval: -3, maxval: 0.1 }),
      (key, n) => random.normal(key, [n]),
      (key, n) => random.truncatedNormal(key, -6, 4.5, [n]),
      (key, n) => random.gumbel(key, [n]),
      (key, n) => random.exponential(key, [n]),
    ];
    for (const n of [
      1,
      2,
      3,
      4,
      5,
      SCRATCH_WORDS - 1,
      SCRATCH_WORDS,
      SCRATCH_WORDS + 1,
      3 * SCRATCH_WORDS + 7,
    ]) {
      for (const [i, draw] of draws.entries()) {
        const key = random.key(n + i);
        expectBits(
          values(withKernels(compiled, () => draw(key, n))),
          values(withKernels(javascriptKernels, () => draw(key, n))),
        );
      }
    }
  });

  it('agree where the formulas end', () => {
    const compiled = compiledKernels()!;
    const ends = [
      0,
      -0,
      1,
      -1,
      2,
      -2,
      Infinity,
      -Infinity,
      NaN,
      1e-45,
      -1e-39,
      3.4e38,
      0.41421,
      0.41422,
      -0.29,
      0.9967,
      0.9966,
      -0.9999999,
    ];
    for (const f of ['log', 'log1p'] as const) {
      compiled.floats.set(ends);
      javascriptKernels.floats.set(ends);
      compiled[f](ends.length);
      javascriptKernels[f](ends.length);
      expect([...compiled.floats.subarray(0, ends.length)]).to.deep.equal([
        ...javascriptKernels.floats.subarray(0, ends.length),
      ]);
    }
  });
});
