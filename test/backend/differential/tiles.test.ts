import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { build, expectSame, flat, forAll, random, seeds, toTensor, type Nd } from './array.js';

/** Convolutions that run by tiles of 2 x 2 outputs (`winograd`): a window of 3 x 3 that moves by one, and enough channels and tiles. */
interface Case {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  /** Zeros before and behind, of rows and columns alike. */
  readonly pad: readonly [before: number, after: number];
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 10, max: 15 }),
  width: fc.integer({ min: 10, max: 15 }),
  channels: fc.integer({ min: 12, max: 18 }),
  filters: fc.integer({ min: 12, max: 18 }),
  pad: fc.constantFrom([1, 1] as const, [0, 0] as const, [2, 0] as const, [0, 3] as const, [4, 1] as const),
  seed: seeds,
});

const sides = ([before, after]: Case['pad']): 'valid' =>
  // Explicit sides are missing from the type of the fused form alone.
  [
    [0, 0],
    [before, after],
    [before, after],
    [0, 0],
  ] as unknown as 'valid';

/** The plain sum, zeros around the image multiplied too. */
function convolve({ pad: [before, after] }: Case, x: Nd, w: Nd): Nd {
  const [batch, height, width, channels] = x.shape;
  const filters = w.shape[3];
  const out = [batch, height + before + after - 2, width + before + after - 2, filters];
  return build(out, ([b, i, j, f]) => {
    let sum = 0;
    for (let ky = 0; ky < 3; ky++) {
      for (let kx = 0; kx < 3; kx++) {
        const [row, column] = [i + ky - before, j + kx - before];
        const isInside = row >= 0 && row < height && column >= 0 && column < width;
        const from = ((b * height + row) * width + column) * channels;
        for (let c = 0; c < channels; c++)
          sum += (isInside ? x.values[from + c] : 0) * w.values[((ky * 3 + kx) * channels + c) * filters + f];
      }
    }
    return sum;
  });
}

/** A filter turned around, its channels exchanged: with it the gradient of the output gives that of the input. */
function turned(w: Nd): Nd {
  const [rows, columns, channels, filters] = w.shape;
  return build(
    [rows, columns, filters, channels],
    ([i, j, f, c]) => w.values[flat(w.shape, [rows - 1 - i, columns - 1 - j, c, f])],
  );
}

function inputs({ batch, height, width, channels, filters, seed }: Case): { x: Nd; w: Nd } {
  return {
    x: random([batch, height, width, channels], seed),
    w: random([3, 3, channels, filters], seed + 1),
  };
}

const run = (given: Case, x: Nd, w: Nd): tf.Tensor =>
  tf.conv2d(toTensor(x) as tf.Tensor4D, toTensor(w) as tf.Tensor4D, 1, sides(given.pad));

const tolerance = { absolute: 0, ofLargest: 3e-6 };

describe('convolutions by tiles against a plain loop', () => {
  it('forward, with bias and activation, and the gradient of the input', () => {
    forAll(
      cases,
      (given) => {
        const { x, w } = inputs(given);
        const expected = convolve(given, x, w);
        expectSame(run(given, x, w), expected, tolerance);
        const bias = random([given.filters], given.seed + 2);
        for (const [activation, top] of [
          ['relu', Infinity],
          ['relu6', 6],
        ] as const) {
          const fused = tf.fused.conv2d({
            x: toTensor(x) as tf.Tensor4D,
            filter: toTensor(w) as tf.Tensor4D,
            strides: 1,
            pad: sides(given.pad),
            bias: toTensor(bias),
            activation,
          });
          const clipped = expected.values.map((value, i) =>
            Math.min(top, Math.max(0, value + bias.values[i % given.filters])),
          );
          expectSame(fused, { ...expected, values: clipped }, { absolute: 2e-4 }, activation);
        }
        const dy = random(expected.shape, given.seed + 3);
        const dx = tf.grad((t: tf.Tensor) =>
          tf.sum(
            tf.mul(
              tf.conv2d(t as tf.Tensor4D, toTensor(w) as tf.Tensor4D, 1, sides(given.pad)),
              toTensor(dy),
            ),
          ),
        )(toTensor(x));
        const [before, after] = given.pad;
        const whole = convolve({ ...given, pad: [2, 2] }, dy, turned(w));
        const cut = build(
          x.shape,
          ([b, i, j, c]) => whole.values[flat(whole.shape, [b, i + before, j + before, c])],
        );
        expect(whole.shape[1]).to.equal(given.height + before + after);
        expectSame(dx, cut, tolerance, 'dx');
      },
      40,
    );
  });

  it('keeps NaN and infinities in the outputs whose windows hold them', () => {
    forAll(
      fc.tuple(
        cases,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity)), { maxLength: 3 }),
      ),
      ([given, strange]) => {
        const { x, w } = inputs(given);
        // Zeros too: times infinity they are NaN.
        const weights = w.values.map((value, i) => (i % 7 === 0 ? 0 : value));
        const entries = [...x.values];
        for (const [place, value] of strange) entries[place % entries.length] = value;
        const [wild, filter] = [
          { ...x, values: entries },
          { ...w, values: weights },
        ];
        expectSame(run(given, wild, filter), convolve(given, wild, filter), tolerance);
      },
      40,
    );
  });

  it('takes infinite weights as the plain sum does', () => {
    forAll(
      fc.tuple(cases, fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity)),
      ([given, place, value]) => {
        const { x, w } = inputs(given);
        const weights = [...w.values];
        weights[place % weights.length] = value;
        const filter = { ...w, values: weights };
        expectSame(run(given, x, filter), convolve(given, x, filter), tolerance);
      },
      15,
    );
  });

  it('adds a residual, as plans want it, also where results are not finite', () => {
    forAll(
      fc.tuple(cases, fc.boolean()),
      ([given, isWild]) => {
        const { x, w } = inputs(given);
        const entries = [...x.values];
        if (isWild) entries[given.seed % entries.length] = Infinity;
        const wild = { ...x, values: entries };
        const sum = convolve(given, wild, w);
        const [bias, residual] = [random([given.filters], given.seed + 2), random(sum.shape, given.seed + 4)];
        const actual = tf
          .engine()
          .runKernel(
            'FusedConv2D',
            { x: toTensor(wild), filter: toTensor(w), bias: toTensor(bias), residual: toTensor(residual) },
            { strides: 1, pad: sides(given.pad), dilations: 1, dataFormat: 'NHWC', activation: 'relu' },
          ) as unknown as tf.Tensor;
        const added = sum.values.map((value, i) => {
          const v = value + bias.values[i % given.filters] + residual.values[i];
          return Number.isNaN(v) ? NaN : Math.max(0, v);
        });
        expectSame(actual, { ...sum, values: added }, { absolute: 2e-4 });
      },
      20,
    );
  });

  it('gives results near the largest number where only differences of inputs overflow', () => {
    forAll(
      cases,
      (given) => {
        const { x, w } = inputs(given);
        const large = { ...x, values: x.values.map((value) => (value < 0 ? -3e38 : 3e38)) };
        const small = { ...w, values: w.values.map((value) => Math.fround(value * 1e-37)) };
        expectSame(run(given, large, small), convolve(given, large, small), tolerance);
      },
      10,
    );
  });
});
