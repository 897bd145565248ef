import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { guard } from '../../../src/backend/wasm/guards.js';
import * as hk from '../../../src/index.js';
import { errorCode } from '../../support/errors.js';

function indices(...values: number[]): tf.Tensor1D {
  return tf.tensor1d(values, 'int32');
}

/** Operations of one vector of integers, with what they give for values that are allowed, and values that are not. */
const operations: Readonly<
  Record<
    string,
    { run: (ids: tf.Tensor1D) => tf.Tensor; good: number[]; gives: number[]; bad: readonly number[][] }
  >
> = {
  bincount: {
    run: (ids) => tf.bincount(ids, tf.tensor1d([]), 3),
    good: [2, 7, 2],
    gives: [0, 0, 2],
    bad: [[0, -1, 2]],
  },
  cropAndResize: {
    run: (ids) => {
      const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 1], [2, 4]);
      return tf.image.cropAndResize(tf.tensor4d([5, 6], [2, 1, 1, 1]), boxes, ids, [1, 1]);
    },
    good: [1, 0],
    gives: [6, 5],
    bad: [
      [0, 2],
      [-1, 0],
    ],
  },
  denseBincount: {
    run: (ids) => tf.denseBincount(ids, tf.tensor1d([]), 3),
    good: [2, 7, 2],
    gives: [0, 0, 2],
    bad: [[0, -1, 2]],
  },
  gatherND: {
    run: (ids) => tf.gatherND(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.reshape(ids, [2, 2])),
    good: [2, 1, 0, 0],
    gives: [6, 1],
    // The second would lie in the tensor, but in another row.
    bad: [
      [2, 1, 3, 0],
      [0, 2, 0, 0],
      [1, -1, 0, 0],
    ],
  },
  'gatherND of one point': {
    run: (ids) => tf.gatherND(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), ids),
    good: [2, 1],
    gives: [6],
    bad: [
      [1, 2],
      [3, 0],
    ],
  },
  scatterND: {
    run: (ids) => tf.scatterND(tf.reshape(ids, [2, 1]), tf.tensor1d([8, 9]), [3]),
    good: [2, 2],
    gives: [0, 0, 17],
    bad: [
      [0, 3],
      [-1, 0],
      [0, 2 ** 31 - 1],
    ],
  },
  sparseToDense: {
    run: (ids) => tf.sparseToDense(ids, tf.tensor1d([8, 9]), [3], 1),
    good: [2, 0],
    gives: [9, 1, 8],
    bad: [
      [0, 3],
      [-1, 0],
    ],
  },
  tensorScatterUpdate: {
    run: (ids) =>
      tf.tensorScatterUpdate(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.reshape(ids, [1, 2]), tf.tensor1d([9])),
    good: [1, 0],
    gives: [1, 2, 9, 4],
    bad: [
      [2, 0],
      [0, 2],
      [0, -1],
    ],
  },
};

describe('the guards of stock kernels refuse', () => {
  for (const [name, { run, good, gives, bad }] of Object.entries(operations)) {
    it(`${name} with what lies outside, called and in a replay`, () => {
      const replayed = hk.jit(run);
      tf.tidy(() => {
        for (const f of [run, replayed, replayed]) {
          expect([...f(indices(...good)).dataSync()]).to.deep.equal(gives);
          for (const values of bad)
            expect(
              errorCode(() => f(indices(...values))),
              String(values),
            ).to.equal('wasm-index-out-of-range');
        }
        expect([...replayed(indices(...good)).dataSync()]).to.deep.equal(gives);
      });
      replayed.dispose();
    });
  }

  it('padding of negative widths and negative repetitions, but not of 0', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const pads: [number, number][][] = [
        [
          [0, 0],
          [-1, 2],
        ],
        [
          [0, -1],
          [0, 0],
        ],
      ];
      for (const paddings of pads) {
        expect(errorCode(() => tf.pad(x, paddings))).to.equal('wasm-kernel-unsupported');
        expect(errorCode(() => hk.jit((y: tf.Tensor) => tf.pad(y, paddings))(x))).to.equal(
          'wasm-kernel-unsupported',
        );
      }
      const images = tf.ones([1, 4, 4, 1]);
      const crops = [
        [-2, 0],
        [0, 0],
      ];
      expect(errorCode(() => tf.spaceToBatchND(images, [2, 2], crops))).to.equal('wasm-kernel-unsupported');
      expect(errorCode(() => tf.tile(x, [-1, 1]))).to.equal('wasm-kernel-unsupported');
      expect(errorCode(() => tf.tile(x, [-1, -1]))).to.equal('wasm-kernel-unsupported');
      expect(tf.tile(x, [0, 2]).shape).to.deep.equal([0, 4]);
      expect([
        ...tf
          .pad(x, [
            [0, 0],
            [1, 0],
          ])
          .dataSync(),
      ]).to.deep.equal([0, 1, 2, 0, 3, 4]);
    });
  });

  it('once: a guarded kernel is not guarded again', () => {
    const kernel = tf.getKernel('GatherNd', 'wasm');
    expect(guard(kernel)).to.equal(kernel);
  });
});
