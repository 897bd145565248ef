import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { orthonormal } from '../../src/random/orthonormal.js';
import { values } from '../support/tensors.js';

const { random } = hk;
const key = random.key(3);

/** Each sampler as a function of its key and the shape asked for, with a parameter of shape [2] where it has parameters. */
const samplers: Record<string, (k: hk.PRNGKey, shape: number[], parameter: tf.Tensor1D) => unknown> = {
  ball: (k, shape) => random.ball(k, 2, 2, shape),
  bernoulli: (k, shape, p) => random.bernoulli(k, p, shape),
  beta: (k, shape, p) => random.beta(k, p, 1, shape),
  bits: (k, shape) => random.bits(k, shape),
  categorical: (k, shape, p) => random.categorical(k, tf.stack([p, p]), { shape }),
  cauchy: (k, shape) => random.cauchy(k, shape),
  choice: (k, shape) => random.choice(k, 4, shape),
  dirichlet: (k, shape, p) => random.dirichlet(k, tf.stack([p, p]), shape),
  doubleSidedMaxwell: (k, shape, p) => random.doubleSidedMaxwell(k, p, 1, shape),
  exponential: (k, shape) => random.exponential(k, shape),
  gamma: (k, shape, p) => random.gamma(k, p, shape),
  gumbel: (k, shape) => random.gumbel(k, shape),
  laplace: (k, shape) => random.laplace(k, shape),
  logistic: (k, shape) => random.logistic(k, shape),
  multivariateNormal: (k, shape, p) => random.multivariateNormal(k, tf.stack([p, p]), tf.eye(2), shape),
  normal: (k, shape) => random.normal(k, shape),
  poisson: (k, shape, p) => random.poisson(k, p, shape),
  rademacher: (k, shape) => random.rademacher(k, shape),
  randint: (k, shape, p) => random.randint(k, shape, tf.cast(p, 'int32'), 9),
  truncatedNormal: (k, shape, p) => random.truncatedNormal(k, tf.neg(p), p, shape),
  uniform: (k, shape, p) => random.uniform(k, shape, { maxval: p }),
};

const withParameter = Object.keys(samplers).filter(
  // The parameters of double-sided Maxwells add their own axes.
  (name) => samplers[name].length === 3 && name !== 'doubleSidedMaxwell',
);

/** What a sampler says when it is called so. */
function message(f: () => unknown): string {
  try {
    tf.tidy(() => void f());
  } catch (error) {
    expect(error).to.be.instanceOf(hk.TankaError);
    return (error as Error).message;
  }
  return 'nothing was refused';
}

describe('random functions say which of them was asked for what', () => {
  const parameter = (): tf.Tensor1D => tf.tensor1d([0.25, 0.75]);

  for (const [name, draw] of Object.entries(samplers)) {
    it(name, () => {
      const bad = message(() => draw(key, [2, -1], parameter()));
      expect(bad).to.include(`hk.random.${name} needs a shape`).and.include('[2,-1]');
      const noKey = message(() => draw([1, 2] as unknown as hk.PRNGKey, [2], parameter()));
      expect(noKey).to.include(`hk.random.${name} needs a key`).and.include('Array of length 2');
    });
  }

  for (const name of withParameter) {
    it(`${name}, for a parameter that does not fit the shape`, () => {
      const text = message(() => samplers[name](key, [3], parameter()));
      expect(text).to.include(`hk.random.${name}: parameters of shape`).and.include('[3]');
    });
  }

  it('keys by what they are instead', () => {
    const said = (value: unknown): string => message(() => random.normal(value as hk.PRNGKey));
    expect(said(null)).to.match(/but got null\. Pass a key or an integer seed to init or apply\./);
    expect(said(undefined)).to.match(/but got undefined\. Make one with hk\.random\.key/);
    expect(said(new Int32Array(2))).to.include('Int32Array of length 2');
    expect(said(new Uint32Array(3))).to.include('Uint32Array of length 3');
    expect(said('x')).to.include('x (string)');
  });

  it('foldIn', () => {
    expect(message(() => random.foldIn(key, -1))).to.match(/hk\.random\.foldIn: .* from 0 to .* is -1\./);
    expect(message(() => random.foldIn(key, 2 ** 32))).to.include('4294967296');
    expect(message(() => random.foldIn(key, tf.tensor1d([1], 'int32')))).to.match(
      /hk\.random\.foldIn: .* scalar of int32, but is int32 of shape \[1\]/,
    );
    expect(message(() => random.foldIn(key, tf.scalar(1)))).to.include('float32 of shape []');
    const last = tf.scalar(-1, 'int32');
    expect(random.foldIn(key, 2 ** 32 - 1)).to.deep.equal(random.foldIn(key, last));
    last.dispose();
  });

  it('arguments of their own', () => {
    for (const [text, f] of [
      ['ball: d must be a whole number from 0 to 9007199254740991, but is -1', () => random.ball(key, -1)],
      ['ball: p must be above 0, but is 0', () => random.ball(key, 2, 0)],
      [
        'bits: the width must be 8, 16 or 32 bits, but is 64',
        () => random.bits(key, [1], { bits: 64 as 32 }),
      ],
      ['categorical: there must be at least one category', () => random.categorical(key, tf.zeros([2, 0]))],
      ['categorical: axis 2 does not exist', () => random.categorical(key, tf.zeros([2, 3]), { axis: 2 })],
      ['choice: there is nothing to choose from', () => random.choice(key, 0, [1])],
      ['choice: cannot choose 4 of 3 things', () => random.choice(key, 3, [4], { replace: false })],
      ['choice: p must have the shape [3], but has [2]', () => random.choice(key, 3, [1], { p: [0.5, 0.5] })],
      ['choice: axis 1 does not exist', () => random.choice(key, tf.zeros([3]), [1], { axis: 1 })],
      ['dirichlet: alpha must have at least one axis', () => random.dirichlet(key, 1)],
      ['permutation: axis -3 does not exist', () => random.permutation(key, tf.zeros([2, 2]), { axis: -3 })],
    ] as const) {
      expect(message(f)).to.include(`hk.random.${text}`);
    }
  });
});

describe('shapes of samples', () => {
  it('are known without drawing, with their dtypes', () => {
    const parameter = tf.tensor1d([1, 2]);
    const shapes = hk.evalShape(() =>
      Object.fromEntries(
        Object.entries(samplers)
          .filter(([name]) => name !== 'bits')
          .map(([name, draw]) => [name, draw(key, [3, 2], parameter) as tf.Tensor]),
      ),
    );
    for (const [name, draw] of Object.entries(samplers)) {
      if (name === 'bits') continue;
      tf.tidy(() => {
        const { shape, dtype } = draw(key, [3, 2], parameter) as tf.Tensor;
        expect(shapes[name], name).to.deep.equal({ shape, dtype });
      });
    }
    parameter.dispose();
  });

  it('of keys folded with a tensor too', () => {
    const step = tf.scalar(7, 'int32');
    let abstract: hk.PRNGKey | undefined;
    hk.evalShape(() => {
      abstract = random.foldIn(key, step);
      return step;
    });
    expect(abstract).to.be.instanceOf(Uint32Array).with.lengthOf(2);
    expect(abstract).not.to.equal(key);
    step.dispose();
  });
});

describe('orthonormal matrices', () => {
  for (const [rows, columns] of [
    [5, 3],
    [3, 5],
    [4, 4],
    [1, 3],
    [0, 2],
  ]) {
    it(`${rows} x ${columns}`, () => {
      tf.tidy(() => {
        const q = orthonormal(key, rows, columns);
        expect(q.shape).to.deep.equal([rows, columns]);
        const product = rows < columns ? tf.matMul(q, q, false, true) : tf.matMul(q, q, true);
        const expected = tf.eye(Math.min(rows, columns));
        for (const [i, value] of values(product).entries())
          expect(value).to.be.closeTo(values(expected)[i], 2e-6);
      });
    });
  }

  it('are the first factor of the decomposition of what normal draws, with a positive diagonal in the second', () => {
    tf.tidy(() => {
      const samples = random.normal(key, [4, 3]) as tf.Tensor2D;
      const q = orthonormal(key, 4, 3);
      const r = tf.matMul(q, samples, true);
      const upper = values(r);
      for (let i = 0; i < 3; i++) {
        expect(upper[4 * i]).to.be.above(0);
        for (let j = 0; j < i; j++) expect(upper[3 * i + j]).to.be.closeTo(0, 2e-6);
      }
      for (const [i, value] of values(tf.matMul(q, r)).entries())
        expect(value).to.be.closeTo(values(samples)[i], 2e-6);
    });
  });

  it('lie across where there are fewer rows', () => {
    tf.tidy(() => {
      expect(values(orthonormal(key, 2, 3))).to.deep.equal(values(tf.transpose(orthonormal(key, 3, 2))));
    });
  });
});
