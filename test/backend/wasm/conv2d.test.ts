import {
  dispose,
  type NamedAttrMap,
  type NamedTensorMap,
  conv2d,
  engine,
  grads,
  mul,
  sum,
  tensor,
  tidy,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { expectClose } from '../../support/compare.js';
import { conv2dReference, outputSize, type Conv2DCase } from '../../support/conv2d.js';
import { values } from '../../support/values.js';

function describeCase(c: Conv2DCase): string {
  return (
    `${c.kernel.join(' x ')} over ${c.batch} x ${c.height} x ${c.width} x ${c.channels} to ${c.outChannels}, ` +
    `strides ${c.strides.join()}, dilations ${c.dilations.join()}, pad ${c.pad.join()}`
  );
}

const plain = {
  batch: 2,
  height: 7,
  width: 6,
  channels: 3,
  kernel: [3, 3],
  outChannels: 5,
  strides: [1, 1],
  dilations: [1, 1],
  pad: [0, 0, 0, 0],
} as const;

/** Kernels of every parity, strides below, at and above the kernel, uneven padding, sizes around those of the register tiles. */
const cases: readonly Conv2DCase[] = [
  plain,
  { ...plain, pad: [1, 1, 1, 1] },
  { ...plain, kernel: [1, 1], outChannels: 9 },
  { ...plain, kernel: [1, 1], strides: [2, 2], outChannels: 8 },
  { ...plain, kernel: [2, 2], strides: [3, 3] },
  { ...plain, kernel: [2, 3], strides: [4, 3], pad: [1, 2, 0, 2] },
  { ...plain, kernel: [5, 2], strides: [2, 1], pad: [2, 2, 0, 1] },
  { ...plain, strides: [2, 2], pad: [0, 1, 0, 1] },
  { ...plain, dilations: [2, 2], pad: [2, 2, 2, 2] },
  { ...plain, dilations: [1, 2], pad: [0, 0, 2, 1] },
  { ...plain, channels: 1, outChannels: 32, height: 28, width: 28, pad: [1, 1, 1, 1] },
  { ...plain, channels: 16, outChannels: 24, height: 9, width: 9, pad: [1, 1, 1, 1] },
  {
    ...plain,
    channels: 3,
    outChannels: 8,
    kernel: [7, 7],
    strides: [2, 2],
    height: 17,
    width: 15,
    pad: [3, 3, 3, 3],
  },
  { ...plain, batch: 1, height: 3, width: 3, channels: 64, outChannels: 33, pad: [1, 1, 1, 1] },
  { ...plain, batch: 3, height: 40, width: 40, channels: 2, outChannels: 4, pad: [1, 1, 1, 1] },
];

describe('two-dimensional convolution on WASM', () => {
  for (const c of cases) {
    const [outHeight, outWidth] = outputSize(c);
    const x = values(c.batch * c.height * c.width * c.channels, 1);
    const w = values(c.kernel[0] * c.kernel[1] * c.channels * c.outChannels, 2);
    const dy = values(c.batch * outHeight * outWidth * c.outChannels, 3);
    const shapeX: [number, number, number, number] = [c.batch, c.height, c.width, c.channels];
    const shapeW: [number, number, number, number] = [...c.kernel, c.channels, c.outChannels];
    const shapeY: [number, number, number, number] = [c.batch, outHeight, outWidth, c.outChannels];
    const pad: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [c.pad[0], c.pad[1]],
      [c.pad[2], c.pad[3]],
      [0, 0],
    ];

    it(`is right forward and in both gradients: ${describeCase(c)}`, () => {
      const attrs = { strides: [...c.strides], dilations: [...c.dilations], pad, dataFormat: 'NHWC' };
      const results = tidy(() => {
        const [tx, tw, tdy] = [tensor(x, shapeX), tensor(w, shapeW), tensor(dy, shapeY)];
        const run = (name: string, inputs: NamedTensorMap, more: NamedAttrMap): Tensor =>
          engine().runKernel<Tensor>(name, inputs, { ...attrs, ...more });
        return {
          y: run('Conv2D', { x: tx, filter: tw }, {}),
          dx: run('Conv2DBackpropInput', { dy: tdy, filter: tw }, { inputShape: shapeX }),
          dw: run('Conv2DBackpropFilter', { x: tx, dy: tdy }, { filterShape: shapeW }),
        };
      });
      const expected = conv2dReference(c, x, w, dy);
      expectClose(results.y, expected.y, 3e-6, 'y');
      expectClose(results.dx, expected.dx, 3e-6, 'dx');
      expectClose(results.dw, expected.dw, 3e-6, 'dw');
      dispose(results);
    });
  }

  it('trains: a gradient with respect to input and filter through the public function', () => {
    const c: Conv2DCase = { ...plain, pad: [1, 1, 1, 1] };
    const [x, w] = [values(2 * 7 * 6 * 3, 4), values(3 * 3 * 3 * 5, 5)];
    const dy = values(2 * 7 * 6 * 5, 6);
    const [dx, dw] = tidy(() =>
      grads((a: Tensor, b: Tensor) =>
        sum(mul(conv2d(a as Tensor4D, b as Tensor4D, 1, 'same'), tensor(dy, [2, 7, 6, 5]))),
      )([tensor(x, [2, 7, 6, 3]), tensor(w, [3, 3, 3, 5])]),
    ) as [Tensor, Tensor];
    const expected = conv2dReference(c, x, w, dy);
    expectClose(dx, expected.dx, 3e-6);
    expectClose(dw, expected.dw, 3e-6);
    dx.dispose();
    dw.dispose();
  });
});
