import {
  conv3d,
  conv3dTranspose,
  dispose,
  engine,
  tensor,
  tidy,
  type Tensor,
  type Tensor5D,
} from '@tensorflow/tfjs-core';
import { expectClose } from '../../support/compare.js';
import { values } from '../../support/values.js';

type Triple = readonly [number, number, number];

interface Conv3DCase {
  readonly size: Triple;
  readonly kernel: Triple;
  readonly strides: Triple;
  readonly pad: 'same' | 'valid';
  readonly batch: number;
  readonly channels: number;
  readonly outChannels: number;
}

const cases: readonly Conv3DCase[] = [
  {
    size: [4, 5, 6],
    kernel: [2, 3, 3],
    strides: [1, 1, 1],
    pad: 'same',
    batch: 2,
    channels: 3,
    outChannels: 5,
  },
  {
    size: [4, 5, 6],
    kernel: [3, 2, 3],
    strides: [1, 1, 1],
    pad: 'valid',
    batch: 2,
    channels: 2,
    outChannels: 8,
  },
  {
    size: [7, 6, 5],
    kernel: [3, 3, 2],
    strides: [2, 2, 2],
    pad: 'same',
    batch: 1,
    channels: 4,
    outChannels: 3,
  },
  {
    size: [7, 6, 5],
    kernel: [2, 2, 2],
    strides: [3, 1, 2],
    pad: 'valid',
    batch: 2,
    channels: 1,
    outChannels: 9,
  },
  {
    size: [5, 5, 5],
    kernel: [1, 1, 1],
    strides: [1, 1, 1],
    pad: 'valid',
    batch: 2,
    channels: 3,
    outChannels: 4,
  },
  {
    size: [6, 4, 4],
    kernel: [1, 3, 3],
    strides: [2, 1, 1],
    pad: 'same',
    batch: 1,
    channels: 2,
    outChannels: 2,
  },
  {
    size: [8, 8, 8],
    kernel: [2, 2, 2],
    strides: [3, 3, 3],
    pad: 'same',
    batch: 1,
    channels: 2,
    outChannels: 2,
  },
];

/** Output sizes and zeros before the first entry, as TensorFlow defines SAME and VALID. */
function axes({ size, kernel, strides, pad }: Conv3DCase): { out: number[]; before: number[] } {
  const out = size.map((n, i) => Math.ceil((pad === 'same' ? n : n - kernel[i] + 1) / strides[i]));
  const before = size.map((n, i) =>
    pad === 'same' ? Math.floor(Math.max(0, (out[i] - 1) * strides[i] + kernel[i] - n) / 2) : 0,
  );
  return { out, before };
}

function reference(
  c: Conv3DCase,
  x: Float32Array,
  w: Float32Array,
  dy: Float32Array,
): Record<'y' | 'dx' | 'dw', Float32Array> {
  const { out, before } = axes(c);
  const [y, dx, dw] = [new Float64Array(dy.length), new Float64Array(x.length), new Float64Array(w.length)];
  const grid = (sizes: readonly number[]): number[][] =>
    sizes.reduce<number[][]>(
      (all, n) => all.flatMap((i) => Array.from({ length: n }, (_, j) => [...i, j])),
      [[]],
    );
  for (const [b, ...o] of grid([c.batch, ...out])) {
    for (const k of grid(c.kernel)) {
      const at = o.map((p, i) => p * c.strides[i] - before[i] + k[i]);
      if (at.some((p, i) => p < 0 || p >= c.size[i])) continue;
      const flat = (index: readonly number[], sizes: readonly number[]): number =>
        index.reduce((sum, p, i) => sum * sizes[i] + p, 0);
      const [inputAt, outputAt, tapAt] = [
        flat([b, ...at], [0, ...c.size]),
        flat([b, ...o], [0, ...out]),
        flat(k, c.kernel),
      ];
      for (let i = 0; i < c.channels; i++) {
        for (let j = 0; j < c.outChannels; j++) {
          const xi = inputAt * c.channels + i;
          const wi = (tapAt * c.channels + i) * c.outChannels + j;
          const yi = outputAt * c.outChannels + j;
          y[yi] += x[xi] * w[wi];
          dx[xi] += w[wi] * dy[yi];
          dw[wi] += x[xi] * dy[yi];
        }
      }
    }
  }
  return { y: Float32Array.from(y), dx: Float32Array.from(dx), dw: Float32Array.from(dw) };
}

describe('three-dimensional convolution on WASM', () => {
  for (const c of cases) {
    it(`is right forward, transposed and in its filter gradient: ${c.kernel.join(' x ')} over ${c.size.join(' x ')}, strides ${c.strides.join()}, ${c.pad}`, () => {
      const { out } = axes(c);
      const shapeX = [c.batch, ...c.size, c.channels] as [number, number, number, number, number];
      const shapeW = [...c.kernel, c.channels, c.outChannels] as [number, number, number, number, number];
      const shapeY = [c.batch, ...out, c.outChannels] as [number, number, number, number, number];
      const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
      const [x, w, dy] = [values(count(shapeX), 1), values(count(shapeW), 2), values(count(shapeY), 3)];
      const strides = [...c.strides] as [number, number, number];
      const results = tidy(() => {
        const [tx, tw, tdy] = [tensor(x, shapeX), tensor(w, shapeW), tensor(dy, shapeY)] as [
          Tensor5D,
          Tensor5D,
          Tensor5D,
        ];
        return {
          y: conv3d(tx, tw, strides, c.pad),
          dx: conv3dTranspose(tdy, tw, shapeX, strides, c.pad),
          dw: engine().runKernel<Tensor>(
            'Conv3DBackpropFilterV2',
            { x: tx, dy: tdy },
            { strides, pad: c.pad, filterShape: shapeW },
          ),
        };
      });
      const expected = reference(c, x, w, dy);
      expectClose(results.y, expected.y, 3e-6, 'y');
      expectClose(results.dx, expected.dx, 3e-6, 'dx');
      expectClose(results.dw, expected.dw, 3e-6, 'dw');
      dispose(results);
    });
  }
});
