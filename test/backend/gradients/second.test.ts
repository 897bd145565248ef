import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { gelu } from '../../../src/backend/ops/gelu.js';
import { layerNorm } from '../../../src/backend/ops/layer-norm.js';
import { logSoftmax } from '../../../src/backend/ops/log-softmax.js';
import { values } from '../../support/values.js';

const positive = (x: Tensor): Tensor => tf.add(tf.square(x), 0.5);

/** Functions whose rules are written in terms of their results, and some that are not. */
const functions: Record<string, (x: Tensor) => Tensor> = {
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  exp: tf.exp,
  elu: tf.elu,
  sqrt: (x) => tf.sqrt(positive(x)),
  rsqrt: (x) => tf.rsqrt(positive(x)),
  reciprocal: (x) => tf.reciprocal(positive(x)),
  softplus: tf.softplus,
  sin: tf.sin,
  'x tanh(x)': (x) => tf.mul(x, tf.tanh(x)),
  power: (x) => tf.pow(positive(x), 1.5),
  product: (x) => tf.prod(x, 1),
  'running product': (x) => tf.cumprod(x, 1),
  softmax: (x) => tf.softmax(x),
  'log of a sum of exponentials': (x) => tf.logSumExp(x, 1),
  'gelu by tanh': (x) => gelu(x, true),
  'gelu by erf': (x) => gelu(x, false),
  'log of a softmax': logSoftmax,
  'layer norm': (x) => layerNorm(x, tf.range(1, 5), tf.ones([4]), 0.1),
  'layer norm of tanh': (x) => {
    const { mean, variance } = tf.moments(tf.tanh(x), 1, true);
    return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 0.1)));
  },
};

/** The derivative along `direction` of the sum of `f` weighed by a ramp. */
function slope(f: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  const direction = tf.tensor(values(12, 5), [3, 4]);
  const total = (x: Tensor): Tensor => {
    const y = f(x);
    return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)));
  };
  return (x) => tf.sum(tf.mul(tf.grad(total)(x), direction));
}

describe('second derivatives', () => {
  for (const [name, f] of Object.entries(functions)) {
    it(`of ${name} equal differences of the first`, () => {
      tf.tidy(() => {
        const x = values(12, 3);
        const first = slope(f);
        const second = tf
          .grad(first)(tf.tensor(x, [3, 4]))
          .dataSync();
        const h = 1e-2;
        for (const [i, actual] of second.entries()) {
          const at = (d: number): number => first(tf.tensor(x.with(i, x[i] + d), [3, 4])).dataSync()[0];
          const expected = (at(h) - at(-h)) / (2 * h);
          expect(actual, `entry ${i}`).to.be.closeTo(expected, 1e-2 * (1 + Math.abs(expected)));
        }
      });
    });
  }

  it('of a layer norm with respect to its scale', () => {
    tf.tidy(() => {
      const x = tf.tensor(values(12, 3), [3, 4]);
      const loss = (scale: Tensor): Tensor => tf.sum(tf.tanh(layerNorm(x, scale, tf.zeros([4]), 0.1)));
      const first = tf.grad(loss);
      const second = tf
        .grad((scale: Tensor) => tf.sum(tf.square(first(scale))))(tf.ones([4]))
        .dataSync();
      const h = 1e-2;
      for (const [i, actual] of second.entries()) {
        const at = (d: number): number =>
          tf.sum(tf.square(first(tf.tensor([1, 1, 1, 1].with(i, 1 + d))))).dataSync()[0];
        expect(actual, `entry ${i}`).to.be.closeTo((at(h) - at(-h)) / (2 * h), 1e-2);
      }
    });
  });

  it('of tanh by hk.grad alone', () => {
    tf.tidy(() => {
      const second = hk.grad(hk.grad((x: Tensor) => tf.tanh(x)))(tf.scalar(0.5));
      const t = Math.tanh(0.5);
      expect(second.dataSync()[0]).to.be.closeTo(-2 * t * (1 - t * t), 1e-6);
    });
  });
});

describe('gradients of resized images whose pixels are taken at their middles', () => {
  const resizings: Record<string, (x: Tensor) => Tensor> = {
    bilinear: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [5, 2], false, true),
    nearest: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [5, 2], false, true),
  };
  for (const [name, resize] of Object.entries(resizings)) {
    it(`${name}: the transposed of what the forward pass does`, () => {
      tf.tidy(() => {
        const x = tf.tensor(values(2 * 3 * 4 * 2, 1), [2, 3, 4, 2]);
        const probe = tf.tensor(values(2 * 5 * 2 * 2, 2), [2, 5, 2, 2]);
        const gradient = tf
          .grad((t: Tensor) => tf.sum(tf.mul(resize(t), probe)))(x)
          .dataSync();
        for (const i of gradient.keys()) {
          const unit = tf.tensor(
            Float32Array.from(gradient, (_, k) => Number(k === i)),
            x.shape,
          );
          const expected = tf.sum(tf.mul(resize(unit), probe)).dataSync()[0];
          expect(gradient[i], `entry ${i}`).to.be.closeTo(expected, 1e-5);
        }
      });
    });
  }
});
