import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  build,
  expectSame,
  flat,
  forAll,
  indices,
  random,
  seeds,
  sizeOf,
  toTensor,
  type Nd,
} from './array.js';

/** One spatial axis: sizes, and how many zeros stand in front. */
interface Axis {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly output: number;
}

type Pad = 'same' | 'valid' | [number, number];

const axis = fc
  .record({
    input: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
  })
  // TensorFlow.js takes one of both.
  .map((a) => (a.stride > 1 ? { ...a, dilation: 1 } : a));

function padded(a: { input: number; kernel: number; stride: number; dilation: number }, pad: Pad): Axis {
  const reach = (a.kernel - 1) * a.dilation + 1;
  if (pad === 'same') {
    const output = Math.ceil(a.input / a.stride);
    const needed = Math.max(0, (output - 1) * a.stride + reach - a.input);
    return { ...a, output, before: Math.floor(needed / 2) };
  }
  const [before, after] = pad === 'valid' ? [0, 0] : pad;
  return { ...a, before, output: Math.floor((a.input + before + after - reach) / a.stride) + 1 };
}

interface Plane {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly h: Axis;
  readonly w: Axis;
  readonly pad: Pad;
  readonly seed: number;
}

const planes: fc.Arbitrary<Plane> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 9 }),
    filters: fc.integer({ min: 1, max: 10 }),
    h: axis,
    w: axis,
    pad: fc.oneof(fc.constantFrom<Pad>('same', 'valid'), fc.tuple(fc.nat(2), fc.nat(2))),
    seed: seeds,
  })
  // Strides and dilations are those of the height where one is dilated.
  .map(({ h, w, ...rest }) => {
    const wide = h.dilation > 1 || w.dilation > 1 ? { ...w, stride: 1, dilation: h.dilation } : w;
    const tall = wide === w ? h : { ...h, stride: 1 };
    return { ...rest, h: padded(tall, rest.pad), w: padded(wide, rest.pad) };
  })
  .filter(({ h, w }) => h.output > 0 && w.output > 0);

const padding = (
  pad: Pad,
): 'same' | 'valid' | [[number, number], [number, number], [number, number], [number, number]] =>
  typeof pad === 'string' ? pad : [[0, 0], pad, pad, [0, 0]];

/** Every pair of an input and an output place that a tap of the window joins. */
function* taps({
  h,
  w,
}: Plane): Generator<{ i: number; j: number; y: number; x: number; ky: number; kx: number }> {
  for (const [i, j, ky, kx] of indices([h.output, w.output, h.kernel, w.kernel])) {
    const y = i * h.stride - h.before + ky * h.dilation;
    const x = j * w.stride - w.before + kx * w.dilation;
    if (y >= 0 && y < h.input && x >= 0 && x < w.input) yield { i, j, y, x, ky, kx };
  }
}

interface Convolved {
  readonly y: Nd;
  readonly dx: Nd;
  readonly dw: Nd;
}

/** A convolution and, for the gradient `dy` of its result, both of its gradients. `group` is how many filters each channel has in a depthwise one. */
function convolve(p: Plane, x: Nd, w: Nd, dy: Nd, depthwise: boolean): Convolved {
  const outShape = dy.shape;
  const [y, dx, dw] = [outShape, x.shape, w.shape].map((shape) => new Array<number>(sizeOf(shape)).fill(0));
  for (const { i, j, y: row, x: column, ky, kx } of taps(p)) {
    for (let b = 0; b < p.batch; b++) {
      for (let c = 0; c < p.channels; c++) {
        for (let f = 0; f < p.filters; f++) {
          const from = flat(x.shape, [b, row, column, c]);
          const weight = flat(w.shape, [ky, kx, c, f]);
          const to = flat(outShape, [b, i, j, depthwise ? c * p.filters + f : f]);
          y[to] += x.values[from] * w.values[weight];
          dx[from] += dy.values[to] * w.values[weight];
          dw[weight] += dy.values[to] * x.values[from];
        }
      }
    }
  }
  const nd = (shape: readonly number[], values: number[]): Nd => ({ shape, values, dtype: 'float32' });
  return { y: nd(outShape, y), dx: nd(x.shape, dx), dw: nd(w.shape, dw) };
}

const tolerance = { absolute: 1e-4, ofLargest: 1e-6 };

function checkConvolution(p: Plane, depthwise: boolean): void {
  const { batch, channels, filters, h, w, pad, seed } = p;
  const x = random([batch, h.input, w.input, channels], seed);
  const filter = random([h.kernel, w.kernel, channels, filters], seed + 1);
  const dy = random([batch, h.output, w.output, depthwise ? channels * filters : filters], seed + 2);
  const expected = convolve(p, x, filter, dy, depthwise);
  const strides: [number, number] = [h.stride, w.stride];
  const dilations: [number, number] = [h.dilation, w.dilation];
  const run = (a: Tensor, f: Tensor): Tensor =>
    depthwise
      ? tf.depthwiseConv2d(a as tf.Tensor4D, f as tf.Tensor4D, strides, padding(pad), 'NHWC', dilations)
      : tf.conv2d(a as tf.Tensor4D, f as tf.Tensor4D, strides, padding(pad), 'NHWC', dilations);
  expectSame(run(toTensor(x), toTensor(filter)), expected.y, tolerance);
  const [dx, dw] = tf.grads((a: Tensor, f: Tensor) => tf.sum(tf.mul(run(a, f), toTensor(dy))))([
    toTensor(x),
    toTensor(filter),
  ]);
  expectSame(dx, expected.dx, tolerance, 'dx');
  expectSame(dw, expected.dw, tolerance, 'dw');
  const bias = random([expected.y.shape[3]], seed + 3);
  const fused = (depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d)({
    x: toTensor(x) as tf.Tensor4D,
    filter: toTensor(filter) as tf.Tensor4D,
    strides,
    // Explicit sides are missing from its type alone.
    pad: padding(pad) as 'same',
    dilations,
    bias: toTensor(bias),
    activation: 'relu6',
  });
  const clipped = build(expected.y.shape, (index) =>
    Math.min(6, Math.max(0, expected.y.values[flat(expected.y.shape, index)] + bias.values[index[3]])),
  );
  expectSame(fused, clipped, tolerance, 'fused');
}

describe('windows against a plain loop', () => {
  it('convolutions, their gradients, bias and activation', () => {
    forAll(planes, (p) => checkConvolution(p, false), 150);
  });

  it('depthwise convolutions, their gradients, bias and activation', () => {
    forAll(
      planes.map((p) => ({ ...p, filters: 1 + (p.filters % 3) })),
      (p) => checkConvolution(p, true),
      150,
    );
  });

  it('depthwise convolutions of many channels, which are copied block by block', () => {
    forAll(
      // Images of up to 9, and some for which there is room for half as many channels.
      fc.tuple(planes, fc.constantFrom(128, 130, 143, 161), fc.constantFrom(0, 0, 0, 9)),
      ([plane, channels, more]) => {
        const larger = (a: Axis): Axis =>
          more === 0 ? a : padded({ ...a, input: more + a.input }, plane.pad);
        const size = { h: larger(plane.h), w: larger(plane.w) };
        const p = { ...plane, ...size, channels, filters: 1, batch: 1 + (plane.batch % 2) };
        const x = random([p.batch, p.h.input, p.w.input, channels], p.seed);
        const w = random([p.h.kernel, p.w.kernel, channels, 1], p.seed + 1);
        const bias = random([channels], p.seed + 2);
        const y = convolve(p, x, w, random([p.batch, p.h.output, p.w.output, channels], 1), true).y;
        const withBias = {
          ...y,
          values: y.values.map((v, i) => Math.max(0, v + (p.seed % 2 ? bias.values[i % channels] : 0))),
        };
        const actual = tf.fused.depthwiseConv2d({
          x: toTensor(x) as tf.Tensor4D,
          filter: toTensor(w) as tf.Tensor4D,
          strides: [p.h.stride, p.w.stride],
          pad: padding(p.pad) as 'same',
          dilations: [p.h.dilation, p.w.dilation],
          activation: 'relu',
          ...(p.seed % 2 && { bias: toTensor(bias) }),
        });
        expectSame(actual, withBias, { absolute: 1e-5 });
      },
      60,
    );
  });

  it('convolutions with the channels first', () => {
    forAll(
      planes,
      (p) => {
        const { batch, channels, filters, h, w, pad, seed } = p;
        if (typeof pad !== 'string') return;
        const x = random([batch, h.input, w.input, channels], seed);
        const filter = random([h.kernel, w.kernel, channels, filters], seed + 1);
        const dy = random([batch, h.output, w.output, filters], seed + 2);
        const first = tf.transpose(toTensor(x), [0, 3, 1, 2]) as tf.Tensor4D;
        const y = tf.conv2d(first, toTensor(filter) as tf.Tensor4D, [h.stride, w.stride], pad, 'NCHW', [
          h.dilation,
          w.dilation,
        ]);
        expectSame(tf.transpose(y, [0, 2, 3, 1]), convolve(p, x, filter, dy, false).y, tolerance);
      },
      60,
    );
  });

  it('transposed convolutions', () => {
    forAll(
      planes,
      (p) => {
        const { batch, channels, filters, h, w, pad, seed } = p;
        if (h.dilation > 1 || w.dilation > 1) return;
        const dy = random([batch, h.output, w.output, filters], seed);
        const filter = random([h.kernel, w.kernel, channels, filters], seed + 1);
        const x = random([batch, h.input, w.input, channels], seed + 2);
        const { dx } = convolve(p, x, filter, dy, false);
        expectSame(
          tf.conv2dTranspose(
            toTensor(dy) as tf.Tensor4D,
            toTensor(filter) as tf.Tensor4D,
            dx.shape as [number, number, number, number],
            [h.stride, w.stride],
            padding(pad),
          ),
          dx,
          tolerance,
        );
      },
      100,
    );
  });

  for (const kind of ['max', 'avg'] as const) {
    it(`${kind} pools and their gradients`, () => {
      forAll(
        planes,
        (p) => {
          const { batch, channels, h, w, pad, seed } = p;
          // Negative windows too; and with an explicit pad, windows of padding alone have no value.
          const drawn = random([batch, h.input, w.input, channels], seed);
          const x = { ...drawn, values: drawn.values.map((v) => Math.fround(v - (seed % 3))) };
          const places = Array.from(taps(p));
          const dy = random([batch, h.output, w.output, channels], seed + 1);
          const byOutput = new Map<number, typeof places>();
          for (const tap of places)
            byOutput.set(tap.i * w.output + tap.j, [...(byOutput.get(tap.i * w.output + tap.j) ?? []), tap]);
          if (byOutput.size < h.output * w.output) return;
          const dx = new Array<number>(x.values.length).fill(0);
          const y = build(dy.shape, ([b, i, j, c]) => {
            const inside = (byOutput.get(i * w.output + j) ?? []).map((tap) =>
              flat(x.shape, [b, tap.y, tap.x, c]),
            );
            const g = dy.values[flat(dy.shape, [b, i, j, c])];
            if (kind === 'avg') {
              for (const place of inside) dx[place] += g / inside.length;
              return inside.reduce((total, place) => total + x.values[place], 0) / inside.length;
            }
            const best = inside.reduce((a, place) => (x.values[place] > x.values[a] ? place : a));
            dx[best] += g;
            return x.values[best];
          });
          const dilation: [number, number] = [h.dilation, w.dilation];
          if (kind === 'avg' && (h.dilation > 1 || w.dilation > 1)) return;
          const run = (t: Tensor): Tensor =>
            h.dilation > 1 || w.dilation > 1
              ? (tf.engine().runKernel(
                  'MaxPool',
                  { x: t },
                  {
                    filterSize: [h.kernel, w.kernel],
                    strides: [h.stride, w.stride],
                    pad: padding(pad) as 'same',
                    dilations: dilation,
                  },
                ) as unknown as Tensor)
              : (kind === 'max' ? tf.maxPool : tf.avgPool)(
                  t as tf.Tensor4D,
                  [h.kernel, w.kernel],
                  [h.stride, w.stride],
                  padding(pad),
                );
          expectSame(run(toTensor(x)), y, { absolute: 2e-6 });
          if (h.dilation > 1 || w.dilation > 1) return;
          expectSame(
            tf.grad((t: Tensor) => tf.sum(tf.mul(run(t), toTensor(dy))))(toTensor(x)),
            { shape: x.shape, values: dx, dtype: 'float32' },
            { absolute: 1e-5 },
            'dx',
          );
        },
        120,
      );
    });
  }

  it('pools of many channels, with NaN and infinities among the entries', () => {
    forAll(
      fc.tuple(planes, fc.constantFrom(1, 3, 4, 8, 13, 16, 35)),
      ([plane, channels]) => {
        const { batch, h, w, pad, seed } = plane;
        if (h.dilation > 1 || w.dilation > 1) return;
        const x = random([batch, h.input, w.input, channels], seed, 'float32', seed % 2 ? 'edges' : 'plain');
        const shape = [batch, h.output, w.output, channels];
        const windows = new Map<number, [y: number, x: number][]>();
        for (const { i, j, y, x: column } of taps(plane)) {
          const window = windows.get(i * w.output + j) ?? [];
          window.push([y, column]);
          windows.set(i * w.output + j, window);
        }
        const entries = ([b, i, j, c]: number[]): number[] =>
          (windows.get(i * w.output + j) ?? []).map(
            ([y, column]) => x.values[flat(x.shape, [b, y, column, c])],
          );
        const image = toTensor(x) as tf.Tensor4D;
        const [kernel, strides]: [number, number][] = [
          [h.kernel, w.kernel],
          [h.stride, w.stride],
        ];
        const largest = build(shape, (index) => Math.max(...entries(index)));
        expectSame(tf.maxPool(image, kernel, strides, padding(pad)), largest);
        if (seed % 2) return;
        const mean = build(shape, (index) => entries(index).reduce((a, v, _, all) => a + v / all.length, 0));
        // Windows of padding alone have no mean.
        if (windows.size < h.output * w.output) return;
        expectSame(tf.avgPool(image, kernel, strides, padding(pad)), mean, { absolute: 2e-6 });
      },
      200,
    );
  });

  it('pools with other roundings of the size', () => {
    forAll(
      fc.tuple(
        axis,
        axis,
        fc.nat(2),
        fc.constantFrom('floor' as const, 'round' as const, 'ceil' as const),
        seeds,
      ),
      ([a, b, pad, rounding, seed]) => {
        if (pad >= Math.min(a.kernel, b.kernel)) return;
        const length = (t: typeof a): number => Math[rounding]((t.input - t.kernel + 2 * pad) / t.stride + 1);
        const [rows, columns] = [length(a), length(b)];
        if (rows < 1 || columns < 1) return;
        const x = random([1, a.input, b.input, 2], seed);
        const windowOf = (t: typeof a, i: number): number[] =>
          Array.from({ length: t.kernel }, (_, k) => i * t.stride - pad + k).filter(
            (k) => k >= 0 && k < t.input,
          );
        let isWhole = true;
        const y = build([1, rows, columns, 2], ([, i, j, c]) => {
          const inside = windowOf(a, i).flatMap((r) =>
            windowOf(b, j).map((s) => x.values[flat(x.shape, [0, r, s, c])]),
          );
          if (inside.length === 0) isWhole = false;
          return Math.max(...inside);
        });
        if (isWhole)
          expectSame(
            tf.maxPool(toTensor(x) as tf.Tensor4D, [a.kernel, b.kernel], [a.stride, b.stride], pad, rounding),
            y,
          );
      },
    );
  });

  it('convolutions and pools of volumes, and their gradients', () => {
    const cases = fc.tuple(
      axis,
      axis,
      axis,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('same' as const, 'valid' as const),
      seeds,
    );
    forAll(
      cases,
      ([d, h, w, channels, filters, pad, seed]) => {
        const all = [d, h, w].map((a) =>
          padded({ ...a, input: Math.min(a.input, 6), kernel: Math.min(a.kernel, 3), dilation: 1 }, pad),
        );
        if (all.some((a) => a.output < 1)) return;
        const strides = all.map((a) => a.stride) as [number, number, number];
        const x = random([2, ...all.map((a) => a.input), channels], seed);
        const filter = random([...all.map((a) => a.kernel), channels, filters], seed + 1);
        const dy = random([2, ...all.map((a) => a.output), filters], seed + 2);
        const [y, dx, dw] = [dy, x, filter].map(({ shape }) => new Array<number>(sizeOf(shape)).fill(0));
        for (const [b, ...rest] of indices([2, ...all.map((a) => a.output), ...all.map((a) => a.kernel)])) {
          const [o, k] = [rest.slice(0, 3), rest.slice(3)];
          const at = o.map((v, i) => v * all[i].stride - all[i].before + k[i]);
          if (at.some((v, i) => v < 0 || v >= all[i].input)) continue;
          for (const [c, f] of indices([channels, filters])) {
            const [from, weight, to] = [
              flat(x.shape, [b, ...at, c]),
              flat(filter.shape, [...k, c, f]),
              flat(dy.shape, [b, ...o, f]),
            ];
            y[to] += x.values[from] * filter.values[weight];
            dx[from] += dy.values[to] * filter.values[weight];
            dw[weight] += dy.values[to] * x.values[from];
          }
        }
        const run = (t: Tensor, v: Tensor): Tensor =>
          tf.conv3d(t as tf.Tensor5D, v as tf.Tensor5D, strides, pad);
        expectSame(run(toTensor(x), toTensor(filter)), { ...dy, values: y }, tolerance);
        const [gx, gw] = tf.grads((t: Tensor, v: Tensor) => tf.sum(tf.mul(run(t, v), toTensor(dy))))([
          toTensor(x),
          toTensor(filter),
        ]);
        expectSame(gx, { ...x, values: dx }, tolerance, 'dx');
        expectSame(gw, { ...filter, values: dw }, tolerance, 'dw');
        const pooled = tf.maxPool3d(
          tf.sub(toTensor(x), 5) as tf.Tensor5D,
          all.map((a) => a.kernel) as [number, number, number],
          strides,
          pad,
        );
        const largest = build([2, ...all.map((a) => a.output), channels], ([b, ...rest]) => {
          let best = -Infinity;
          for (const k of indices(all.map((a) => a.kernel))) {
            const at = k.map((v, i) => rest[i] * all[i].stride - all[i].before + v);
            if (at.every((v, i) => v >= 0 && v < all[i].input))
              best = Math.max(best, Math.fround(x.values[flat(x.shape, [b, ...at, rest[3]])] - 5));
          }
          return best;
        });
        expectSame(pooled, largest);
      },
      60,
    );
  });

  it('morphological dilation', () => {
    forAll(
      planes,
      (p) => {
        const { batch, channels, h, w, pad, seed } = p;
        if (typeof pad !== 'string' || h.dilation > 1 || w.dilation > 1) return;
        const x = random([batch, h.input, w.input, channels], seed);
        const filter = random([h.kernel, w.kernel, channels], seed + 1);
        const y = new Array<number>(batch * h.output * w.output * channels).fill(-Infinity);
        const shape = [batch, h.output, w.output, channels];
        for (const tap of taps(p)) {
          for (const [b, c] of indices([batch, channels])) {
            const to = flat(shape, [b, tap.i, tap.j, c]);
            y[to] = Math.max(
              y[to],
              x.values[flat(x.shape, [b, tap.y, tap.x, c])] -
                6 +
                filter.values[flat(filter.shape, [tap.ky, tap.kx, c])],
            );
          }
        }
        expectSame(
          tf.dilation2d(
            tf.sub(toTensor(x), 6) as tf.Tensor4D,
            toTensor(filter) as tf.Tensor3D,
            [h.stride, w.stride],
            pad,
          ),
          { shape, values: y, dtype: 'float32' },
          { absolute: 2e-6 },
        );
      },
      60,
    );
  });
});
