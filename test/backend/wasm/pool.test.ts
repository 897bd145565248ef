import {
  dispose,
  engine,
  maxPoolWithArgmax,
  tensor,
  tidy,
  type Tensor,
  type Rank,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { expectClose } from '../../support/compare.js';
import { values } from '../../support/values.js';

interface PoolCase {
  /** Spatial sizes: two of a plane, three of a volume. */
  readonly size: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly pad: 'same' | 'valid' | [number, number][];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly channels: number;
  /** Zeros before the first entry and sizes of the output, counted by hand. */
  readonly before: readonly number[];
  readonly out: readonly number[];
}

const cases: readonly PoolCase[] = [
  { size: [6, 6], window: [2, 2], strides: [2, 2], pad: 'valid', channels: 5, before: [0, 0], out: [3, 3] },
  { size: [7, 7], window: [3, 3], strides: [2, 2], pad: 'same', channels: 3, before: [1, 1], out: [4, 4] },
  { size: [7, 5], window: [3, 2], strides: [1, 1], pad: 'same', channels: 8, before: [1, 0], out: [7, 5] },
  { size: [8, 8], window: [2, 2], strides: [3, 3], pad: 'same', channels: 4, before: [0, 0], out: [3, 3] },
  {
    size: [5, 6],
    window: [1, 1],
    strides: [1, 1],
    pad: [
      [0, 0],
      [1, 1],
      [2, 0],
      [0, 0],
    ],
    channels: 2,
    before: [1, 2],
    out: [7, 8],
  },
  {
    size: [5, 5],
    window: [2, 2],
    strides: [2, 2],
    pad: [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    dimRoundingMode: 'ceil',
    channels: 6,
    before: [0, 0],
    out: [3, 3],
  },
  {
    size: [4, 5, 6],
    window: [2, 2, 2],
    strides: [2, 2, 2],
    pad: 'valid',
    channels: 3,
    before: [0, 0, 0],
    out: [2, 2, 3],
  },
  {
    size: [5, 5, 4],
    window: [3, 2, 3],
    strides: [2, 1, 2],
    pad: 'same',
    channels: 5,
    before: [1, 0, 0],
    out: [3, 5, 2],
  },
];

interface Expected {
  max: Float32Array;
  mean: Float32Array;
  maxGradient: Float32Array;
  meanGradient: Float32Array;
}

/** Window by window; the gradient of the mean divides by the whole window, as the kernel does by contract. */
function reference(c: PoolCase, batch: number, x: Float32Array, dy: Float32Array): Expected {
  const grid = (sizes: readonly number[]): number[][] =>
    sizes.reduce<number[][]>(
      (all, n) => all.flatMap((i) => Array.from({ length: n }, (_, j) => [...i, j])),
      [[]],
    );
  const expected: Expected = {
    max: new Float32Array(dy.length),
    mean: new Float32Array(dy.length),
    maxGradient: new Float32Array(x.length),
    meanGradient: new Float32Array(x.length),
  };
  let o = 0;
  for (const [b, ...position] of grid([batch, ...c.out])) {
    const inside = grid(c.window)
      .map((tap) => tap.map((t, i) => position[i] * c.strides[i] - c.before[i] + t))
      .filter((at) => at.every((p, i) => p >= 0 && p < c.size[i]))
      .map((at) => at.reduce((sum, p, i) => sum * c.size[i] + p, b) * c.channels);
    for (let channel = 0; channel < c.channels; channel++, o++) {
      let [best, total] = [-1, 0];
      for (const at of inside) {
        if (best < 0 || x[at + channel] > x[best]) best = at + channel;
        total += x[at + channel];
        expected.meanGradient[at + channel] += dy[o] / c.window.reduce((p, q) => p * q);
      }
      expected.max[o] = best < 0 ? -Infinity : x[best];
      expected.mean[o] = total / inside.length;
      if (best >= 0) expected.maxGradient[best] += dy[o];
    }
  }
  return expected;
}

describe('pools on WASM', () => {
  for (const c of cases) {
    for (const shift of [0, -10]) {
      it(`are right, with gradients: ${c.window.join(' x ')} over ${c.size.join(' x ')}, strides ${c.strides.join()}, ${JSON.stringify(c.pad)}${c.dimRoundingMode ?? ''}, values around ${shift}`, () => {
        const batch = 2;
        const suffix = c.size.length === 3 ? '3D' : '';
        const shape = [batch, ...c.size, c.channels];
        const outShape = [batch, ...c.out, c.channels];
        const count = (s: readonly number[]): number => s.reduce((p, q) => p * q);
        const x = values(count(shape), 1).map((v) => v + shift);
        const dy = values(count(outShape), 2);
        const attrs = {
          filterSize: [...c.window],
          strides: [...c.strides],
          pad: c.pad as never,
          dimRoundingMode: c.dimRoundingMode as never,
        };
        const results = tidy(() => {
          const [input, gradient] = [tensor(x, shape), tensor(dy, outShape)];
          const run = (name: string, inputs: Record<string, Tensor>): Tensor =>
            engine().runKernel<Tensor>(name, inputs, attrs);
          const max = run(`MaxPool${suffix}`, { x: input });
          return {
            max,
            mean: run(`AvgPool${suffix}`, { x: input }),
            maxGradient: run(`MaxPool${suffix}Grad`, { dy: gradient, input, output: max }),
            meanGradient: run(`AvgPool${suffix}Grad`, { dy: gradient, input }),
          };
        });
        const expected = reference(c, batch, x, dy);
        expect(results.max.shape).to.deep.equal(outShape);
        for (const name of ['max', 'maxGradient', 'meanGradient'] as const)
          expectClose(results[name], expected[name], 1e-6, name);
        const covered = expected.mean.map((v) => (Number.isNaN(v) ? 0 : v));
        const mean = results.mean
          .dataSync<'float32'>()
          .map((v, i) => (Number.isNaN(expected.mean[i]) ? 0 : v));
        expectClose(mean, covered, 1e-6, 'mean');
        dispose(results);
      });
    }
  }

  it('gives the gradient to the first of equals, once', () => {
    const gradient = tidy(() => {
      const input = tensor([3, 3, 3, 3], [1, 2, 2, 1]);
      return engine().runKernel<Tensor>(
        'MaxPoolGrad',
        { dy: tensor([5], [1, 1, 1, 1]), input, output: tensor([3], [1, 1, 1, 1]) },
        { filterSize: 2, strides: 2, pad: 'valid' },
      );
    });
    expect([...gradient.dataSync()]).to.deep.equal([5, 0, 0, 0]);
    gradient.dispose();
  });

  it('lets NaN through', () => {
    const y = tidy(() =>
      engine().runKernel<Tensor>(
        'MaxPool',
        { x: tensor([1, NaN, 2, 3], [1, 2, 2, 1]) },
        { filterSize: 2, strides: 2, pad: 'valid' },
      ),
    );
    expect(y.dataSync()[0]).to.be.NaN;
    y.dispose();
  });

  it('tells where the largest is, counted from the image or from the batch', () => {
    const x = tensor<Rank.R4>([-4, -3, -2, -9, -1, -7, -5, -6], [2, 2, 2, 1]);
    for (const [includeBatch, indexes] of [
      [false, [2, 0]],
      [true, [2, 4]],
    ] as const) {
      const { result, indexes: at } = maxPoolWithArgmax(x, 2, 2, 'valid', includeBatch);
      expect([...result.dataSync()]).to.deep.equal([-2, -1]);
      expect([...at.dataSync()]).to.deep.equal(indexes);
      dispose([result, at]);
    }
    x.dispose();
  });
});
