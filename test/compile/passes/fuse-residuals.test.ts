import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { fuseEpilogues } from '../../../src/compile/passes/fuse-epilogues.js';
import { fuseResiduals } from '../../../src/compile/passes/fuse-residuals.js';
import { kernelsAfter, namesOf, passed, type Trial } from './run.js';

const passes = [fuseEpilogues, fuseResiduals];

function after(f: Trial['f'], shapes: Trial['shapes']): string[] {
  return kernelsAfter(passes, { f, shapes });
}

const conv = (x: tf.Tensor, w: tf.Tensor, strides = 1): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, 'same');
const image = [2, 5, 5, 3];

describe('what is added to a product goes into it', () => {
  it('with bias and activation, before which it is added', () => {
    const dense = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, r: tf.Tensor): tf.Tensor =>
      tf.relu(tf.add(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b), r));
    expect(after(dense, [[4, 5], [5, 9], [9], [4, 9]])).to.deep.equal(['_FusedMatMul']);
    const block = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, r: tf.Tensor): tf.Tensor =>
      tf.relu6(tf.add(r, tf.add(conv(x, w), b)));
    expect(after(block, [image, [3, 3, 3, 4], [4], [2, 5, 5, 4]])).to.deep.equal(['FusedConv2D']);
  });

  it('with strides and dilations, of many and of few channels', () => {
    for (const [strides, dilations, channels, outChannels, size] of [
      [1, 2, 3, 5, 7],
      [2, 1, 5, 17, 8],
      [1, 1, 24, 40, 6],
      [1, 3, 20, 9, 9],
    ]) {
      const block = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, r: tf.Tensor): tf.Tensor =>
        tf.relu(
          tf.add(
            tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, 'same', 'NHWC', dilations), b),
            tf.tanh(r),
          ),
        );
      const out = Math.ceil(size / strides);
      const shapes = [
        [2, size, size, channels],
        [3, 3, channels, outChannels],
        [outChannels],
        [2, out, out, outChannels],
      ];
      expect(after(block, shapes)).to.deep.equal(['Tanh', 'FusedConv2D']);
    }
  });

  for (const constants of [0, 2]) {
    it(`where tiles make the convolution, with ${constants} constants`, () => {
      for (const size of [6, 12]) {
        const block = (x: tf.Tensor, r: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor[] => [
          tf.relu(tf.add(tf.add(conv(x, w), b), tf.tanh(r))),
          tf.add(tf.tanh(x), conv(tf.sigmoid(x), w)),
        ];
        const image = [1, size, size, 16];
        const f = block as Trial['f'];
        const graph = passed(passes, { f, shapes: [image, image, [3, 3, 16, 16], [16]], constants });
        expect(namesOf(graph)).not.to.include('Add');
      }
    });
  }

  it('alone, of a vector, of many matrices', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor): tf.Tensor => tf.add(r, tf.matMul(x, w));
    expect(
      after(f, [
        [1, 64],
        [64, 600],
        [1, 600],
      ]),
    ).to.deep.equal(['_FusedMatMul']);
    expect(
      after(f, [
        [3, 4, 5],
        [3, 5, 6],
        [3, 4, 6],
      ]),
    ).to.deep.equal(['_FusedMatMul']);
    expect(
      after(f, [
        [2, 3, 4, 5],
        [2, 3, 5, 6],
        [2, 3, 4, 6],
      ]),
    ).to.deep.equal(['_FusedMatMul']);
    expect(after(conv1x1, [image, [1, 1, 3, 3]])).to.deep.equal(['FusedConv2D']);
  });

  function conv1x1(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
    return tf.add(conv(x, w), x);
  }

  it('the last of two products begins with the other one', () => {
    const f = (x: tf.Tensor, v: tf.Tensor, w: tf.Tensor): tf.Tensor =>
      tf.add(
        tf.matMul(x as tf.Tensor2D, v as tf.Tensor2D),
        tf.matMul(tf.tanh(x) as tf.Tensor2D, w as tf.Tensor2D),
      );
    expect(
      after(f, [
        [4, 5],
        [5, 6],
        [5, 6],
      ]),
    ).to.deep.equal(['BatchMatMul', 'Tanh', '_FusedMatMul']);
  });

  it('over what it is added to where nobody else needs that, and never over an operand', () => {
    // All of one size: each of them could be written over.
    const f = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
      let h: tf.Tensor = tf.tanh(x);
      for (let i = 0; i < 3; i++)
        h = tf.relu(tf.add(h, tf.matMul(tf.tanh(h) as tf.Tensor2D, w as tf.Tensor2D)));
      const own = tf.add(h, tf.matMul(h as tf.Tensor2D, w as tf.Tensor2D));
      const weights = tf.add(own, tf.matMul(w as tf.Tensor2D, own as tf.Tensor2D));
      return tf.add(tf.matMul(weights as tf.Tensor2D, weights as tf.Tensor2D), tf.tanh(weights));
    };
    passed(passes, {
      f,
      shapes: [
        [6, 6],
        [6, 6],
      ],
    });
    const g = (x: tf.Tensor, w: tf.Tensor): tf.Tensor[] => {
      const h = tf.tanh(x);
      return [tf.add(h, conv(h, w)), tf.add(x, conv(tf.sigmoid(x), w)), h];
    };
    passed(passes, { f: g, shapes: [image, [3, 3, 3, 3]] });
  });

  const left: Record<string, [f: Trial['f'], shapes: Trial['shapes']]> = {
    'a product that is read elsewhere': [
      (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor) => {
        const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
        return [tf.add(y, r), tf.neg(y)];
      },
      [
        [4, 5],
        [5, 6],
        [4, 6],
      ],
    ],
    'what is broadcast': [
      (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor) => tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), r),
      [
        [4, 5],
        [5, 6],
        [4, 1],
      ],
    ],
    'a product that is broadcast': [
      (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor) => tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), r),
      [
        [1, 5],
        [5, 6],
        [4, 6],
      ],
    ],
    'an activation between them': [
      (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor) => tf.add(tf.relu(conv(x, w)), r),
      [image, [3, 3, 3, 4], [2, 5, 5, 4]],
    ],
    'a depthwise convolution': [
      (x: tf.Tensor, w: tf.Tensor) =>
        tf.add(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), x),
      [image, [3, 3, 3, 1]],
    ],
    'whole numbers': [
      (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor) => {
        const [a, b, c] = [x, w, r].map((t) => tf.cast(tf.mul(t, 9), 'int32'));
        return tf.cast(tf.add(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), c), 'float32');
      },
      [
        [4, 5],
        [5, 6],
        [4, 6],
      ],
    ],
    'sums over nothing': [
      (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor) => tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), r),
      [
        [4, 0],
        [0, 6],
        [4, 6],
      ],
    ],
  };
  for (const [name, [f, shapes]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes)).to.include('Add');
    });
  }
});
