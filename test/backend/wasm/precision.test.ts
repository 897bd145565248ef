import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { errorCode } from '../../support/errors.js';

describe('kernels outside of the dense family', () => {
  it('sum twenty million ones', () => {
    const [total, mean] = tf.tidy(() => {
      const ones = tf.ones([20_000_000]);
      return [tf.sum(ones).dataSync()[0], tf.mean(ones).dataSync()[0]];
    });
    expect(total).to.equal(20_000_000);
    expect(mean).to.equal(1);
  });

  it('take moments of a million values near 100, of columns and of everything', () => {
    tf.tidy(() => {
      const values = Float32Array.from({ length: 1_000_000 }, (_, i) => 100 + (i % 4));
      for (const [shape, axis] of [
        [[1_000_000], 0],
        [[250_000, 4], undefined],
      ] as const) {
        const { mean, variance } = tf.moments(tf.tensor(values, [...shape]), axis);
        expect(mean.dataSync()[0]).to.be.closeTo(101.5, 1e-5);
        expect(variance.dataSync()[0]).to.be.closeTo(1.25, 1e-5);
      }
      const tall = tf.moments(tf.tensor(values, [500_000, 2]), 0);
      expect(tall.mean.dataSync()[0]).to.be.closeTo(101, 1e-5);
      expect(tall.variance.dataSync()[1]).to.be.closeTo(1, 1e-5);
    });
  });

  it('divide the sums of columns: no mean is rounded twice', () => {
    tf.tidy(() => {
      // Sixteen columns go at once, then four, then single ones.
      const width = 23;
      for (const rows of [3, 7, 45]) {
        const x = Float32Array.from({ length: rows * width }, (_, i) => (i * 37) % 101);
        const expected = Float32Array.from({ length: width }, (_, column) => {
          const values = x.filter((_, i) => i % width === column);
          return values.reduce((total, value) => total + value, 0) / rows;
        });
        expect(tf.mean(tf.tensor(x, [rows, width]), 0).dataSync()).to.deep.equal(expected);
      }
    });
  });

  it('keep the fraction of a fill value when images turn', () => {
    tf.tidy(() => {
      const turned = tf.image.rotateWithOffset(tf.ones([1, 4, 4, 1]), Math.PI / 4, 0.5);
      expect(Array.from(turned.dataSync())).to.include(0.5);
    });
  });

  it('refuse an index outside, complex numbers and a diagonal in einsum', () => {
    tf.tidy(() => {
      expect(errorCode(() => tf.gather(tf.ones([4, 2]), [0, 4]))).to.equal('wasm-index-out-of-range');
      expect(errorCode(() => tf.gather(tf.ones([4, 2]), [-1]))).to.equal('wasm-index-out-of-range');
      expect(errorCode(() => tf.slice(tf.ones([4, 2]), [2, 0], [3, 2]))).to.equal('wasm-index-out-of-range');
      expect(errorCode(() => tf.slice(tf.ones([4]), [5], [-1]))).to.equal('wasm-index-out-of-range');
      expect(errorCode(() => tf.complex([1], [2]))).to.equal('wasm-kernel-unsupported');
      expect(errorCode(() => tf.einsum('ii->i', tf.ones([2, 2])))).to.equal('wasm-kernel-unsupported');
    });
  });
});
