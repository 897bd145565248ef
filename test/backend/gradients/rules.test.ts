import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { ensureGradientRules } from '../../../src/backend/gradients/index.js';
import { gradientRules } from '../../../src/backend/gradients/rules.js';
import { withOwnTape } from '../../../src/backend/tape.js';
import { errorCode } from '../../support/errors.js';

describe('gradient rules', () => {
  it('are one a kernel, of kernels that TensorFlow.js knows or of our own', () => {
    const known = new Set<unknown>(Object.values(tf).filter((value) => typeof value === 'string'));
    const names = gradientRules.map(({ kernelName }) => kernelName);
    expect(new Set(names).size).to.equal(names.length);
    expect(names.filter((name) => !known.has(name) && !name.startsWith('Tanka'))).to.deep.equal([]);
  });

  const wrong = { kernelName: 'Square', gradFunc: () => ({ x: () => tf.scalar(-1) }) };

  it('are laid down again when asked for', () => {
    tf.registerGradient(wrong);
    ensureGradientRules();
    expect(tf.getGradient('Square')).to.not.equal(wrong);
  });

  it('are laid down again by every differentiation', () => {
    tf.registerGradient(wrong);
    tf.tidy(() => {
      expect(
        tf
          .grad((x: tf.Tensor) => tf.square(x))(tf.scalar(3))
          .dataSync()[0],
      ).to.equal(6);
    });
  });

  it('reach tensors without entries', () => {
    const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      tile: (x) => tf.tile(x, [2, 3]),
      'tile to nothing': (x) => tf.tile(x, [1, 0]),
      broadcastTo: (x) => tf.broadcastTo(tf.reshape(x, [0, 1, 4]), [0, 3, 4]),
      prod: (x) => tf.prod(x, 1),
      topk: (x) => tf.topk(x, 2).values,
    };
    tf.tidy(() => {
      for (const [name, f] of Object.entries(functions)) {
        const x = tf.ones(name === 'tile to nothing' ? [2, 4] : [0, 4]);
        expect(tf.grad((t: tf.Tensor) => tf.sum(f(t)))(x).shape, name).to.deep.equal(x.shape);
      }
    });
  });

  it('refuse what has no gradient', () => {
    const image = tf.ones([1, 4, 4, 3]);
    const crop = (x: tf.Tensor) =>
      tf.sum(tf.image.cropAndResize(x as tf.Tensor4D, [[0, 0, 1, 1]], [0], [3, 3]));
    expect(errorCode(() => withOwnTape(() => tf.tidy(() => tf.grad(crop)(image))))).to.equal(
      'gradient-not-supported',
    );
    image.dispose();
  });
});
