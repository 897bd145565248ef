import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { adjustedPadding } from '../../src/nn/transposed-padding.js';
import { values } from '../support/tensors.js';

const ones = hk.initializers.constant(1);

/** What `f` gives in apply, after an init from seed 42; the caller owns it. */
function run(f: () => tf.Tensor): tf.Tensor {
  const model = hk.transformWithState(f);
  const [params, state] = model.init(42);
  const [y, next] = model.apply(params, state, null);
  hk.tree.dispose([params, state, next]);
  return y;
}

describe('Haiku intents H: layers', () => {
  it('H2 windows of ones count the cells that they cover', () => {
    const conv = (rank: 1 | 2) => {
      const x = tf.ones(rank === 1 ? [1, 5, 1] : [1, 5, 5, 1]);
      const y = run(() => new hk.ConvND(rank, 1, 3, { wInit: ones }).call(x));
      const found = values(y);
      tf.dispose([x, y]);
      return found;
    };
    expect(conv(1)).to.deep.equal([2, 3, 3, 3, 2]);
    expect(conv(2).slice(0, 10)).to.deep.equal([4, 6, 6, 6, 4, 6, 9, 9, 9, 6]);
  });

  it('H3 transposed windows of ones', () => {
    const x = tf.ones([1, 3, 1]);
    const plane = tf.ones([1, 3, 3, 1]);
    const same = run(() => new hk.Conv1DTranspose(1, 3, { wInit: ones }).call(x));
    const valid = run(() => new hk.Conv1DTranspose(1, 3, { wInit: ones, padding: 'VALID' }).call(x));
    const strided = run(() => new hk.Conv2DTranspose(1, 3, { wInit: ones, stride: 2 }).call(plane));
    expect(values(same)).to.deep.equal([2, 3, 2]);
    expect(values(valid)).to.deep.equal([1, 2, 3, 2, 1]);
    expect(strided.shape).to.deep.equal([1, 6, 6, 1]);
    tf.dispose([x, plane, same, valid, strided]);
  });

  it('H3 paddings that give an output shape', () => {
    const x = tf.zeros([1, 1, 1]);
    for (const [inputSize, outputSize, kernelSize, stride, padding, expected] of [
      [10, 20, 5, 2, 'SAME', [3, 2]],
      [11, 77, 4, 7, 'SAME', [3, 6]],
      [10, 23, 5, 2, 'VALID', [4, 4]],
    ] as const) {
      const options = { inputSize, outputSize, kernelSize, stride, padding };
      expect(adjustedPadding('a layer', x, options), JSON.stringify(options)).to.deep.equal(expected);
    }
    x.dispose();
  });

  it('H3 the spread of initial weights is 1 / √fanIn, within half of it', () => {
    for (const [kernel, channels] of [
      [3, 8],
      [5, 16],
      [[2, 7], 32],
    ] as const) {
      const x = tf.zeros([1, 4, 4, channels]);
      const params = hk
        .transform(() => new hk.Conv2DTranspose(64, kernel, { name: 'conv' }).call(x))
        .init(42);
      const weights = values(params.conv.w);
      const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
      const spread = Math.sqrt(weights.reduce((a, b) => a + (b - mean) ** 2, 0) / weights.length);
      const [rows, columns] = [kernel].flat().length === 2 ? [kernel].flat() : [kernel, kernel].flat();
      const expected = 1 / Math.sqrt(rows * columns * channels);
      expect(spread).to.be.closeTo(expected, expected / 2);
      hk.tree.dispose([x, params]);
    }
  });

  for (const [name, pool] of [
    ['maxPool', hk.maxPool],
    ['avgPool', hk.avgPool],
  ] as const) {
    it(`H5 ${name} gives the same batched, mapped over and without a batch`, () => {
      const x = tf.tensor4d(
        Float32Array.from({ length: 3 * 5 * 4 * 2 }, (_, i) => Math.sin(i)),
        [3, 5, 4, 2],
      );
      for (const padding of ['SAME', 'VALID'] as const) {
        const batched = pool(x, [2, 3, 1], [1, 2, 1], padding);
        const mapped = hk.vmap((image: tf.Tensor3D) => pool(image, [2, 3, 1], [1, 2, 1], padding), {
          splitRng: false,
        })(x as never) as tf.Tensor;
        const single = tf.tidy(() => pool(tf.squeeze(tf.slice(x, 1, 1), [0]), [2, 3, 1], [1, 2, 1], padding));
        expect(mapped.shape).to.deep.equal(batched.shape);
        expect(values(mapped)).to.deep.equal(values(batched));
        expect(values(single)).to.deep.equal(values(batched).slice(single.size, 2 * single.size));
        tf.dispose([batched, mapped, single]);
      }
      x.dispose();
    });
  }

  it('H1 a bias has no leading axes of size 1, also of dimensions that were asked for', () => {
    const shapes: [input: number[], biasDims: number[], bias: number[]][] = [
      [[3, 1, 2, 3], [-1, 1], [3]],
      [[2, 1, 1], [1], []],
      [[2, 1, 1], [1, 2], []],
      [
        [2, 3, 1],
        [1, -1],
        [3, 1],
      ],
      [[2, 3, 4], [1], [3, 1]],
      [[1, 2, 1, 3], [2], []],
      [[2, 1, 4], [-1, -2], [4]],
    ];
    for (const [shape, biasDims, bias] of shapes) {
      const model = hk.transform(() => new hk.Bias({ biasDims }).call(tf.ones(shape)));
      const params = model.init(null);
      expect(params.bias.b.shape, `${String(shape)} ${String(biasDims)}`).to.deep.equal(bias);
      hk.tree.dispose(params);
    }
  });

  it('H6 trained averages normalize as the batch does, within 2 %', () => {
    const x = tf.randomNormal([256, 3], 5, 2, 'float32', 1);
    const model = hk.transformWithState((isTraining: boolean) =>
      new hk.BatchNorm({ createScale: false, createOffset: false, decayRate: 0.9 }).call(x, isTraining),
    );
    const [params, first] = model.init(null, true);
    let state = first;
    for (let i = 0; i < 20; i++) {
      const [y, next] = model.apply(params, state, null, true);
      hk.tree.dispose([y, state]);
      state = next;
    }
    const [trained, a] = model.apply(params, state, null, true);
    const [evaluated, b] = model.apply(params, state, null, false);
    const expected = values(trained);
    values(evaluated).forEach((value, i) => {
      expect(value).to.be.closeTo(expected[i], 0.02 * Math.max(1, Math.abs(expected[i])));
    });
    hk.tree.dispose([x, params, state, trained, a, evaluated, b]);
  });

  it('H6 constants become the offset', () => {
    const x = tf.fill([4, 3, 2], 7);
    for (const dataFormat of ['channels_last', 'channels_first']) {
      const y = run(() =>
        new hk.BatchNorm({
          createScale: true,
          createOffset: true,
          decayRate: 0.9,
          dataFormat,
          scaleInit: hk.initializers.constant(0.5),
          offsetInit: hk.initializers.constant(2),
        }).call(x, true),
      );
      expect(values(y)).to.deep.equal(Array<number>(24).fill(2));
      y.dispose();
    }
    x.dispose();
  });

  // TensorFlow.js has no bfloat16: what is left of the intent is that eps adds no dtype of its own, and that state and parameters
  // from float32 training may be read at the precision of bfloat16, its eight leading bits, by a getter.
  it('H6 the dtype stays that of the input, also when a getter reads float32 state at the precision of bfloat16', () => {
    const toBfloat16 = (x: tf.Tensor): tf.Tensor => {
      const bits = new Uint32Array((x.dataSync() as Float32Array).slice().buffer);
      const cut = bits.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
      return tf.tensor(new Float32Array(cut.buffer), x.shape);
    };
    const x = tf.randomNormal([64, 3], 1, 2, 'float32', 3);
    const norm = (isTraining: boolean): tf.Tensor =>
      new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, isTraining);
    const model = hk.transformWithState(norm);
    const short = hk.transformWithState(() =>
      hk.customGetter(
        (next, value) => next(value.dtype === 'float32' ? toBfloat16(value) : value),
        () => norm(false),
        { params: true, state: true },
      ),
    );
    const [params, state] = model.init(null, true);
    const [full, a] = model.apply(params, state, null, false);
    const [rounded, b] = short.apply(params, state, null);
    expect([full.dtype, rounded.dtype]).to.deep.equal(['float32', 'float32']);
    expect(values(rounded)).not.to.deep.equal(values(full));
    const expected = values(full);
    values(rounded).forEach((value, i) => {
      expect(value).to.be.closeTo(expected[i], 0.01 * Math.max(1, Math.abs(expected[i])));
    });
    hk.tree.dispose([x, params, state, full, a, rounded, b]);
  });
});
