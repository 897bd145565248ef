import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';

const { random } = hk;
const N = 200_000;

function moments(sample: Tensor): { mean: number; variance: number } {
  const values = Float64Array.from(sample.dataSync());
  sample.dispose();
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

/** Names, samples, mean and variance of the distribution. */
const distributions: [string, (key: hk.PRNGKey) => Tensor, number, number][] = [
  ['uniform', (key) => random.uniform(key, [N]), 0.5, 1 / 12],
  ['normal', (key) => random.normal(key, [N]), 0, 1],
  ['truncatedNormal', (key) => random.truncatedNormal(key, -2, 2, [N]), 0, 0.8796256610342398 ** 2],
  ['bernoulli', (key) => random.bernoulli(key, 0.3, [N]), 0.3, 0.21],
  ['randint', (key) => random.randint(key, [N], -3, 8), 2, 10],
  ['gumbel', (key) => random.gumbel(key, [N]), 0.5772156649, Math.PI ** 2 / 6],
  ['exponential', (key) => random.exponential(key, [N]), 1, 1],
  ['laplace', (key) => random.laplace(key, [N]), 0, 2],
  ['logistic', (key) => random.logistic(key, [N]), 0, Math.PI ** 2 / 3],
  ['rademacher', (key) => random.rademacher(key, [N]), 0, 1],
  ['gamma', (key) => random.gamma(key, 0.7, [N]), 0.7, 0.7],
  ['beta', (key) => random.beta(key, 2, 3, [N]), 0.4, 0.04],
  ['poisson of a small rate', (key) => random.poisson(key, 3.5, [N]), 3.5, 3.5],
  ['poisson of a large rate', (key) => random.poisson(key, 40, [N]), 40, 40],
  ['doubleSidedMaxwell', (key) => random.doubleSidedMaxwell(key, 1, 2, [N]), 1, 12],
];

describe('the moments of samples', () => {
  for (const [name, draw, mean, variance] of distributions) {
    it(`of ${name}`, () => {
      const found = moments(draw(random.key(2024)));
      // Five standard errors; the fourth moments of all of these are below 12 variances squared.
      expect(found.mean).to.be.closeTo(mean, 5 * Math.sqrt(variance / N));
      expect(found.variance).to.be.closeTo(variance, 5 * variance * Math.sqrt(11 / N));
    });
  }
});

function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
}

describe('the bits of samples', () => {
  it('of neighbouring seeds and of the keys of one split are not correlated', () => {
    const draw = (key: hk.PRNGKey): Float32Array => {
      const sample = random.normal(key, [N]);
      const values = sample.dataSync() as Float32Array;
      sample.dispose();
      return values;
    };
    const pairs = [
      [random.key(0), random.key(1)],
      [random.key(41), random.key(42)],
      random.split(random.key(7)),
      random.split(random.key(7), 4).slice(2),
    ];
    for (const [a, b] of pairs) {
      expect(Math.abs(correlation(draw(a), draw(b)))).to.be.below(5 / Math.sqrt(N));
    }
    const one = draw(random.key(3));
    expect(Math.abs(correlation(one.subarray(0, N - 1), one.subarray(1)))).to.be.below(5 / Math.sqrt(N));
  });

  it('are each as often 0 as 1', () => {
    const words = random.bits(random.key(99), [N]);
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      for (const word of words) ones += (word >>> bit) & 1;
      expect(ones / N).to.be.closeTo(0.5, 5 * Math.sqrt(0.25 / N));
    }
  });

  it('fill all bytes evenly (χ²)', () => {
    const counts = new Uint32Array(256);
    for (const byte of random.bits(random.key(5), [N], { bits: 8 })) counts[byte]++;
    const expected = N / 256;
    const chi2 = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: mean 255, deviation √510.
    expect(chi2).to.be.closeTo(255, 5 * Math.sqrt(510));
  });

  it('choose categories as often as their probabilities say', () => {
    const logits = [Math.log(0.5), Math.log(0.3), Math.log(0.2)];
    const sample = random.categorical(random.key(17), logits, { shape: [N] });
    const counts = [0, 0, 0];
    for (const category of sample.dataSync()) counts[category]++;
    sample.dispose();
    for (const [i, p] of [0.5, 0.3, 0.2].entries()) {
      expect(counts[i] / N).to.be.closeTo(p, 5 * Math.sqrt((p * (1 - p)) / N));
    }
  });
});
