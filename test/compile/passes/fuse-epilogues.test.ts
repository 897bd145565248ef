import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { fuseEpilogues } from '../../../src/compile/passes/fuse-epilogues.js';
import { kernelsAfter, type Trial } from './run.js';

const after = (f: Trial['f'], shapes: Trial['shapes']): string[] =>
  kernelsAfter([fuseEpilogues], { f, shapes });

const product = (x: tf.Tensor, w: tf.Tensor, transposeA = false): tf.Tensor =>
  tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, transposeA);
const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
const image = [2, 6, 6, 3];

describe('bias and activation go into the product before them', () => {
  it('of matrices', () => {
    const dense = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.relu(tf.add(product(x, w), b));
    expect(after(dense, [[4, 5], [5, 3], [3]])).to.deep.equal(['_FusedMatMul']);
    const flipped = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(b, product(x, w, true));
    expect(
      after(flipped, [
        [5, 4],
        [5, 3],
        [1, 3],
      ]),
    ).to.deep.equal(['_FusedMatMul']);
    const batched = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.relu6(tf.add(tf.matMul(x, w), b));
    expect(after(batched, [[2, 4, 5], [2, 5, 3], [3]])).to.deep.equal(['_FusedMatMul']);
    expect(
      after(
        (x: tf.Tensor, w: tf.Tensor) => tf.relu(product(x, w)),
        [
          [4, 5],
          [5, 3],
        ],
      ),
    ).to.deep.equal(['_FusedMatMul']);
  });

  it('and convolutions', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.relu(tf.add(conv(x, w), b));
    expect(after(f, [image, [3, 3, 3, 4], [4]])).to.deep.equal(['FusedConv2D']);
    const depthwise = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.relu6(tf.add(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b));
    expect(after(depthwise, [image, [3, 3, 3, 1], [3]])).to.deep.equal(['FusedDepthwiseConv2D']);
  });

  it('bias only before the activation', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.relu(product(x, w)), b);
    expect(after(f, [[4, 5], [5, 3], [3]])).to.deep.equal(['_FusedMatMul', 'Add']);
  });

  const left: Record<string, [f: Trial['f'], shapes: Trial['shapes']]> = {
    'a product that is read twice': [
      (x: tf.Tensor, w: tf.Tensor) => {
        const y = product(x, w);
        return tf.add(tf.relu(y), y);
      },
      [
        [4, 5],
        [5, 3],
      ],
    ],
    'a product that is a result': [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => {
        const y = product(x, w);
        return [tf.add(y, b), y];
      },
      [[4, 5], [5, 3], [3]],
    ],
    'a bias of each row': [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.add(product(x, w), b),
      [
        [4, 5],
        [5, 3],
        [4, 1],
      ],
    ],
    'a bias of the product seen in another shape': [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.add(tf.reshape(product(x, w), [-1, 2]), b),
      [[4, 5], [5, 6], [2]],
    ],
    'one number': [
      (x: tf.Tensor, w: tf.Tensor) => tf.add(product(x, w), 1),
      [
        [4, 5],
        [5, 3],
      ],
    ],
    'a bias that broadcasts the product': [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.add(product(x, w), b),
      [
        [1, 5],
        [5, 3],
        [4, 3],
      ],
    ],
    'matrices that are broadcast to a batch': [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.add(tf.matMul(x, w), b),
      [[2, 4, 5], [1, 5, 3], [3]],
    ],
    'another activation': [
      (x: tf.Tensor, w: tf.Tensor) => tf.tanh(product(x, w)),
      [
        [4, 5],
        [5, 3],
      ],
    ],
    'channels first': [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
        tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NCHW'), b),
      [[2, 3, 4, 4], [1, 1, 3, 4], [4]],
    ],
  };
  for (const [name, [f, shapes]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes)).not.to.include('_FusedMatMul');
    });
  }
});
