import {
  dispose,
  engine,
  fused,
  tensor,
  tidy,
  type NamedTensorMap,
  type Tensor,
  type Rank,
} from '@tensorflow/tfjs-core';
import { expectClose } from '../../support/compare.js';
import { eachProduct, outputSize, type Conv2DCase } from '../../support/conv2d.js';
import { values } from '../../support/values.js';

interface DepthwiseCase extends Omit<Conv2DCase, 'outChannels'> {
  readonly multiplier: number;
}

const plain: DepthwiseCase = {
  batch: 2,
  height: 9,
  width: 8,
  channels: 5,
  multiplier: 1,
  kernel: [3, 3],
  strides: [1, 1],
  dilations: [1, 1],
  pad: [1, 1, 1, 1],
};

const cases: readonly DepthwiseCase[] = [
  plain,
  { ...plain, channels: 4, pad: [0, 0, 0, 0] },
  { ...plain, channels: 39, width: 13 },
  { ...plain, strides: [2, 2], pad: [0, 1, 0, 1] },
  { ...plain, channels: 8, kernel: [5, 2], strides: [1, 2], pad: [2, 2, 0, 1] },
  { ...plain, kernel: [2, 2], strides: [3, 4], pad: [0, 0, 0, 0] },
  { ...plain, dilations: [2, 3], pad: [2, 2, 3, 3] },
  { ...plain, dilations: [2, 1], strides: [1, 3], pad: [0, 3, 2, 0] },
  { ...plain, channels: 3, multiplier: 2 },
  { ...plain, channels: 2, multiplier: 5, strides: [2, 1] },
  { ...plain, channels: 4, multiplier: 8, dilations: [1, 2] },
  { ...plain, kernel: [1, 1], pad: [1, 0, 0, 2] },
];

/** Sums in f64, from the products of a full convolution that stay within their channel. */
function reference(
  c: DepthwiseCase,
  x: Float32Array,
  w: Float32Array,
  dy: Float32Array,
): Record<'y' | 'dx' | 'dw', Float32Array> {
  const [y, dx, dw] = [new Float64Array(dy.length), new Float64Array(x.length), new Float64Array(w.length)];
  const outChannels = c.channels * c.multiplier;
  // A full filter has `channels` times as many entries; `j` counts in it.
  eachProduct({ ...c, outChannels }, (i, j, o) => {
    const channel = i % c.channels;
    const out = o % outChannels;
    if (Math.floor(out / c.multiplier) !== channel) return;
    const tap = Math.floor(j / (c.channels * outChannels));
    const wi = tap * outChannels + out;
    y[o] += x[i] * w[wi];
    dx[i] += w[wi] * dy[o];
    dw[wi] += x[i] * dy[o];
  });
  return { y: Float32Array.from(y), dx: Float32Array.from(dx), dw: Float32Array.from(dw) };
}

describe('depthwise convolution on WASM', () => {
  for (const c of cases) {
    it(`is right forward and in both gradients: ${c.kernel.join(' x ')} over ${c.height} x ${c.width} x ${c.channels}, multiplier ${c.multiplier}, strides ${c.strides.join()}, dilations ${c.dilations.join()}, pad ${c.pad.join()}`, () => {
      const outChannels = c.channels * c.multiplier;
      const [outHeight, outWidth] = outputSize({ ...c, outChannels });
      const shapeX = [c.batch, c.height, c.width, c.channels];
      const shapeW = [...c.kernel, c.channels, c.multiplier];
      const shapeY = [c.batch, outHeight, outWidth, outChannels];
      const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
      const [x, w, dy] = [values(count(shapeX), 1), values(count(shapeW), 2), values(count(shapeY), 3)];
      const pad = [[0, 0], c.pad.slice(0, 2), c.pad.slice(2), [0, 0]];
      const attrs = { strides: [...c.strides], dilations: [...c.dilations], pad };
      const results = tidy(() => {
        const [tx, tw, tdy] = [tensor(x, shapeX), tensor(w, shapeW), tensor(dy, shapeY)];
        const run = (suffix: string, inputs: NamedTensorMap, more: object): Tensor =>
          engine().runKernel<Tensor>(`DepthwiseConv2dNative${suffix}`, inputs, {
            ...attrs,
            ...more,
          });
        return {
          y: run('', { x: tx, filter: tw }, {}),
          dx: run('BackpropInput', { dy: tdy, filter: tw }, { inputShape: shapeX }),
          dw: run('BackpropFilter', { x: tx, dy: tdy }, { filterShape: shapeW }),
        };
      });
      const expected = reference(c, x, w, dy);
      expectClose(results.y, expected.y, 2e-6, 'y');
      expectClose(results.dx, expected.dx, 2e-6, 'dx');
      expectClose(results.dw, expected.dw, 3e-6, 'dw');
      dispose(results);
    });
  }

  it('fuses bias and activation', () => {
    const c = { ...plain, channels: 6 };
    const [x, w, bias] = [values(2 * 9 * 8 * 6, 1), values(9 * 6, 2), values(6, 3)];
    const y = tidy(() =>
      fused.depthwiseConv2d({
        x: tensor<Rank.R4>(x, [2, 9, 8, 6]),
        filter: tensor<Rank.R4>(w, [3, 3, 6, 1]),
        strides: 1,
        pad: 'same',
        bias: tensor(bias),
        activation: 'relu6',
      }),
    );
    const plainSum = reference(c, x, w, new Float32Array(2 * 9 * 8 * 6)).y;
    expectClose(
      y,
      plainSum.map((v, i) => Math.min(6, Math.max(0, v + bias[i % 6]))),
      2e-6,
    );
    y.dispose();
  });
});
