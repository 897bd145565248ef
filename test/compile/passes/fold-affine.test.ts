import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { foldAffine } from '../../../src/compile/passes/fold-affine.js';
import { foldConstants } from '../../../src/compile/passes/fold-constants.js';
import { kernelsAfter, type Trial } from './run.js';

const passes = [foldConstants, foldAffine, removeDeadCode];

function after(f: Trial['f'], shapes: Trial['shapes'], constants: number): string[] {
  return kernelsAfter(passes, { f, shapes, constants });
}

const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'valid');
const norm = (y: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(tf.sub(y, mean), tf.rsqrt(tf.add(tf.mul(scale, scale), 1))), offset);
const image = [2, 6, 6, 3];
const filter = [3, 3, 3, 4];

describe('constant factors and summands of channels go into the weights before them', () => {
  it('a batch norm into a convolution', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, ...of: [tf.Tensor, tf.Tensor, tf.Tensor]): tf.Tensor =>
      norm(conv(x, w), ...of);
    for (const channel of [[4], [1, 1, 1, 4], [1]])
      expect(after(f, [image, filter, channel, channel, channel], 4)).to.deep.equal(['Conv2D', 'Add']);
  });

  it('into a depthwise convolution, of several filters a channel too', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, ...of: [tf.Tensor, tf.Tensor, tf.Tensor]): tf.Tensor =>
      norm(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), ...of);
    for (const many of [1, 2])
      expect(after(f, [image, [3, 3, 3, many], [3 * many], [3 * many], [3 * many]], 4)).to.deep.equal([
        'DepthwiseConv2dNative',
        'Add',
      ]);
  });

  it('into a product, whose bias is one of them', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, ...of: [tf.Tensor, tf.Tensor, tf.Tensor]): tf.Tensor =>
      norm(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), of[0]), ...of);
    expect(after(f, [[4, 5], [5, 3], [3], [3], [3]], 4)).to.deep.equal(['BatchMatMul', 'Add']);
  });

  it('of weights that two layers share, each with its own', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor[] => [
      tf.mul(conv(x, w), a),
      tf.mul(conv(tf.neg(x), w), b),
    ];
    expect(after(f, [image, filter, [4], [4]], 3)).not.to.include('Multiply');
  });

  const left: Record<string, [f: Trial['f'], shapes: Trial['shapes'], constants: number]> = {
    'weights that are arguments': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) => tf.mul(conv(x, w), s),
      [image, filter, [4]],
      1,
    ],
    'factors that are arguments': [
      (s: tf.Tensor, x: tf.Tensor, w: tf.Tensor) => tf.mul(conv(x, w), s),
      [[4], image, filter],
      1,
    ],
    'a convolution that is read elsewhere': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) => {
        const y = conv(x, w);
        return [tf.mul(y, s), y];
      },
      [image, filter, [4]],
      2,
    ],
    'factors along another axis': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) => tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), s),
      [
        [3, 5],
        [5, 3],
        [3, 1],
      ],
      2,
    ],
    'what broadcasts the product': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) => tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), s),
      [
        [1, 5],
        [5, 3],
        [4, 3],
      ],
      2,
    ],
    'weights of each matrix of a batch': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) => tf.mul(tf.matMul(x, w), s),
      [[2, 4, 5], [2, 5, 3], [3]],
      2,
    ],
    'transposed weights': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) =>
        tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), s),
      [[4, 5], [3, 5], [3]],
      2,
    ],
    'an activation between them': [
      (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor) => tf.mul(tf.relu(conv(x, w)), s),
      [image, filter, [4]],
      2,
    ],
  };
  for (const [name, [f, shapes, constants]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes, constants)).to.include('Multiply');
    });
  }

  it('but a chain ends where its channels are seen in another shape', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor, t: tf.Tensor): tf.Tensor =>
      tf.add(tf.reshape(tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), s), [-1, 3]), t);
    expect(after(f, [[4, 5], [5, 6], [6], [3]], 3)).to.deep.equal(['BatchMatMul', 'Add', 'Add']);
  });

  it('but a difference is not turned round', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, s: tf.Tensor): tf.Tensor => tf.sub(s, conv(x, w));
    expect(after(f, [image, filter, [4]], 2)).to.deep.equal(['Conv2D', 'Sub']);
  });
});
