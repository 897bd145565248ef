import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  axesOf,
  build,
  expectSame,
  flat,
  forAll,
  indices,
  orZero,
  positive,
  random,
  seeds,
  shapes,
  sizeOf,
  toTensor,
  type Dtype,
  type Nd,
} from './array.js';

const dtypes = fc.constantFrom<Dtype>('float32', 'int32', 'bool');
const same = (shape: readonly number[], f: (i: number[]) => number[], x: Nd): Nd =>
  build(shape, (index) => x.values[flat(x.shape, f(index))], x.dtype);

/** Arrays of shape `min` to `max`, with something drawn for each axis. */
function withEach<Extra>(
  min: number,
  max: number,
  extra: (size: number, axis: number) => fc.Arbitrary<Extra>,
) {
  return shapes(min, max).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.tuple(...shape.map(extra)), seeds, dtypes),
  );
}

const draw = (shape: readonly number[], seed: number, dtype: Dtype): Nd =>
  random(shape, seed, dtype, 'edges');

describe('kernels that move entries against a plain loop', () => {
  it('transpose', () => {
    const cases = shapes(0, 7).chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
        seeds,
        dtypes,
      ),
    );
    forAll(cases, ([shape, perm, seed, dtype]) => {
      const x = draw(shape, seed, dtype);
      const result = perm.map((axis) => shape[axis]);
      expectSame(
        tf.transpose(toTensor(x), perm),
        same(result, (index) => shape.map((_, axis) => index[perm.indexOf(axis)]), x),
      );
    });
  });

  it('slice and split', () => {
    forAll(
      withEach(1, 6, (n) => fc.tuple(fc.nat(n), fc.nat(n))),
      ([shape, cuts, seed, dtype]) => {
        const x = draw(shape, seed, dtype);
        const begin = cuts.map(([a, b]) => Math.min(a, b));
        const size = cuts.map(([a, b]) => Math.abs(a - b));
        expectSame(
          tf.slice(toTensor(x), begin, size),
          same(size, (index) => index.map((i, axis) => i + begin[axis]), x),
        );
        const axis = seed % shape.length;
        const sizes = [begin[axis], size[axis], shape[axis] - begin[axis] - size[axis]];
        const starts = [0, begin[axis], begin[axis] + size[axis]];
        for (const [k, part] of tf.split(toTensor(x), sizes, axis - shape.length).entries()) {
          expectSame(
            part,
            same(shape.with(axis, sizes[k]), (index) => index.with(axis, index[axis] + starts[k]), x),
          );
        }
      },
    );
  });

  it('strided slice', () => {
    const axis = (n: number) =>
      fc.record({
        begin: fc.integer({ min: -n - 2, max: n + 2 }),
        end: fc.integer({ min: -n - 2, max: n + 2 }),
        stride: fc.constantFrom(1, 2, 3, -1, -2),
        open: fc.nat(3),
      });
    forAll(withEach(1, 5, axis), ([shape, specs, seed, dtype]) => {
      const x = draw(shape, seed, dtype);
      let beginMask = 0;
      let endMask = 0;
      // As slices of numpy.
      const places = specs.map(({ begin, end, stride, open }, i) => {
        const n = shape[i];
        if (open & 1) beginMask |= 1 << i;
        if (open & 2) endMask |= 1 << i;
        const clip = (v: number): number =>
          Math.min(Math.max(v < 0 ? v + n : v, stride > 0 ? 0 : -1), stride > 0 ? n : n - 1);
        const from = open & 1 ? (stride > 0 ? 0 : n - 1) : clip(begin);
        const to = open & 2 ? (stride > 0 ? n : -1) : clip(end);
        const found: number[] = [];
        for (let k = from; stride > 0 ? k < to : k > to; k += stride) found.push(k);
        return found;
      });
      const actual = tf.stridedSlice(
        toTensor(x),
        specs.map((s) => s.begin),
        specs.map((s) => s.end),
        specs.map((s) => s.stride),
        beginMask,
        endMask,
      );
      expectSame(
        actual,
        same(
          places.map((p) => p.length),
          (index) => index.map((i, a) => places[a][i]),
          x,
        ),
      );
    });
  });

  it('concat, stack and unstack', () => {
    const cases = shapes(1, 6).chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        axesOf(shape.length),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
        seeds,
        dtypes,
      ),
    );
    forAll(cases, ([shape, axis, lengths, seed, dtype]) => {
      const along = positive(axis, shape.length);
      const parts = lengths.map((n, i) => draw(shape.with(along, n), seed + i, dtype));
      const total = lengths.reduce((a, b) => a + b, 0);
      const expected = build(
        shape.with(along, total),
        (index) => {
          let k = index[along];
          let i = 0;
          while (k >= lengths[i]) k -= lengths[i++];
          return parts[i].values[flat(parts[i].shape, index.with(along, k))];
        },
        dtype,
      );
      expectSame(tf.concat(parts.map(toTensor), axis), expected);
      const alike = [0, 1, 2].map((i) => draw(shape, seed + i, dtype));
      const stacked = tf.stack(alike.map(toTensor), along);
      expectSame(
        stacked,
        build(
          shape.toSpliced(along, 0, 3),
          (index) => alike[index[along]].values[flat(shape, index.toSpliced(along, 1))],
          dtype,
        ),
      );
      for (const [i, part] of tf.unstack(stacked, along).entries()) expectSame(part, alike[i]);
    });
  });

  it('pad with a constant, by reflection and symmetrically', () => {
    forAll(
      withEach(1, 5, () => fc.tuple(fc.nat(3), fc.nat(3))),
      ([shape, pads, seed, dtype]) => {
        const x = draw(shape, seed, dtype);
        const result = shape.map((n, axis) => n + pads[axis][0] + pads[axis][1]);
        if (sizeOf(result) > 4000) return;
        const source = (index: number[]): number[] => index.map((i, axis) => i - pads[axis][0]);
        const constant = dtype === 'bool' ? 1 : 3;
        const inside = (i: number[]): boolean => i.every((k, axis) => k >= 0 && k < shape[axis]);
        expectSame(
          tf.pad(toTensor(x), pads, constant),
          build(result, (index) => (inside(source(index)) ? orZero(x, source(index)) : constant), dtype),
        );
        if (dtype === 'bool' || sizeOf(shape) === 0) return;
        for (const [mode, shift] of [
          ['reflect', 1],
          ['symmetric', 0],
        ] as const) {
          if (pads.some(([a, b], axis) => Math.max(a, b) > shape[axis] - shift)) continue;
          const mirrored = (i: number, n: number): number =>
            i < 0 ? -i - 1 + shift : i >= n ? 2 * n - 1 - i - shift : i;
          expectSame(
            tf.mirrorPad(toTensor(x), pads, mode),
            same(result, (index) => source(index).map((i, axis) => mirrored(i, shape[axis])), x),
          );
        }
      },
    );
  });

  it('tile, broadcastTo and reverse', () => {
    forAll(
      withEach(1, 6, () => fc.integer({ min: 1, max: 3 })),
      ([shape, reps, seed, dtype]) => {
        const x = draw(shape, seed, dtype);
        const result = shape.map((n, axis) => n * reps[axis]);
        if (sizeOf(result) > 4000) return;
        expectSame(
          tf.tile(toTensor(x), reps),
          same(result, (index) => index.map((i, axis) => i % shape[axis]), x),
        );
        const thin = draw(
          shape.map((n, axis) => (reps[axis] > 1 ? 1 : n)),
          seed,
          dtype,
        );
        const wide = shape.map((n, axis) => (reps[axis] > 1 ? reps[axis] : n));
        expectSame(
          tf.broadcastTo(toTensor(thin), wide),
          same(wide, (index) => index.map((i, axis) => (thin.shape[axis] === 1 ? 0 : i)), thin),
        );
        const axes = reps.flatMap((n, axis) => (n > 1 ? [axis - (n === 2 ? shape.length : 0)] : []));
        const flipped = axes.map((axis) => positive(axis, shape.length));
        expectSame(
          tf.reverse(toTensor(x), axes),
          same(
            shape,
            (index) => index.map((i, axis) => (flipped.includes(axis) ? shape[axis] - 1 - i : i)),
            x,
          ),
        );
      },
    );
  });

  it('gather along an axis, with batches', () => {
    const cases = shapes(1, 5)
      .filter((shape) => shape.every((n) => n > 0))
      .chain((shape) =>
        axesOf(shape.length).chain((axis) =>
          fc.tuple(
            fc.constant(shape),
            fc.constant(axis),
            fc.nat(positive(axis, shape.length)),
            fc.array(fc.nat(4), { maxLength: 2 }),
            seeds,
            dtypes,
          ),
        ),
      );
    forAll(cases, ([shape, axis, batchDims, extra, seed, dtype]) => {
      const along = positive(axis, shape.length);
      const x = draw(shape, seed, dtype);
      const where = [...shape.slice(0, batchDims), ...extra];
      const picks = build(where, (index) => (flat(where, index) * 7 + seed) % shape[along], 'int32');
      const result = [...shape.slice(0, along), ...extra, ...shape.slice(along + 1)];
      const expected = same(
        result,
        (index) => {
          const pick = [...index.slice(0, batchDims), ...index.slice(along, along + extra.length)];
          return [
            ...index.slice(0, along),
            picks.values[flat(where, pick)],
            ...index.slice(along + extra.length),
          ];
        },
        x,
      );
      expectSame(tf.gather(toTensor(x), toTensor(picks), axis, batchDims), expected);
    });
  });

  it('one-hot rows, sums by segment, scatter and gather by index', () => {
    const cases = fc.tuple(
      shapes(0, 3),
      fc.nat(4),
      fc.integer({ min: 2, max: 6 }),
      seeds,
      fc.constantFrom<Dtype>('float32', 'int32'),
    );
    forAll(cases, ([shape, inner, depth, seed, dtype]) => {
      const ids = build(shape, (index) => ((flat(shape, index) * 5 + seed) % (depth + 2)) - 1, 'int32');
      const on = dtype === 'float32' ? 2.5 : 2;
      expectSame(
        tf.oneHot(toTensor(ids), depth, on, -1, dtype),
        build(
          [...shape, depth],
          (index) => (orZero(ids, index.slice(0, -1)) === index.at(-1) ? on : -1),
          dtype,
        ),
      );
      const n = sizeOf(shape);
      const x = random([n, inner], seed, dtype);
      const sums = build(
        [depth, inner],
        ([row, column]) =>
          ids.values.reduce((total, id, i) => total + (id === row ? x.values[i * inner + column] : 0), 0),
        dtype,
      );
      expectSame(
        tf.unsortedSegmentSum(toTensor(x), toTensor({ ...ids, shape: [n] }) as tf.Tensor1D, depth),
        sums,
        { ofLargest: 1e-6 },
      );
      if (n === 0 || inner === 0) return;
      const inRange = ids.values.map((id) => Math.max(0, Math.min(id, depth - 1)));
      const places = tf.tensor2d(inRange, [n, 1], 'int32');
      const scattered = build(
        [depth, inner],
        ([row, column]) =>
          inRange.reduce((total, id, i) => total + (id === row ? x.values[i * inner + column] : 0), 0),
        dtype,
      );
      expectSame(tf.scatterND(places, toTensor(x), [depth, inner]), scattered, { ofLargest: 1e-6 });
      const rows = random([depth, inner], seed + 1, dtype);
      expectSame(
        tf.gatherND(toTensor(rows), places),
        build([n, inner], ([i, column]) => rows.values[inRange[i] * inner + column], dtype),
      );
    });
  });

  it('space to batch and back, depth to space, flip', () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      seeds,
    );
    forAll(cases, ([batch, h, w, block, channels, seed]) => {
      const shape = [batch, h * block, w * block, channels];
      const x = random(shape, seed);
      const cut = tf.spaceToBatchND(
        toTensor(x),
        [block, block],
        [
          [0, 0],
          [0, 0],
        ],
      );
      const small = [batch * block * block, h, w, channels];
      expectSame(
        cut,
        same(
          small,
          ([b, i, j, c]) => {
            const phase = Math.floor(b / batch);
            return [b % batch, i * block + Math.floor(phase / block), j * block + (phase % block), c];
          },
          x,
        ),
      );
      expectSame(
        tf.batchToSpaceND(
          cut,
          [block, block],
          [
            [0, 0],
            [0, 0],
          ],
        ),
        x,
      );
      if (block > 1) {
        const deep = random([batch, h, w, channels * block * block], seed);
        expectSame(
          tf.depthToSpace(toTensor(deep) as tf.Tensor4D, block),
          same(
            shape,
            ([b, i, j, c]) => [
              b,
              Math.floor(i / block),
              Math.floor(j / block),
              ((i % block) * block + (j % block)) * channels + c,
            ],
            deep,
          ),
        );
      }
      expectSame(
        tf.image.flipLeftRight(toTensor(x) as tf.Tensor4D),
        same(shape, ([b, i, j, c]) => [b, i, w * block - 1 - j, c], x),
      );
    });
  });

  it('leaves views and copies apart: a clone outlives its source', () => {
    const x: Tensor = tf.tensor1d([1, 2, 3]);
    const copy = tf.clone(x);
    const reshaped = tf.reshape(copy, [3, 1]);
    x.dispose();
    copy.dispose();
    expect([...reshaped.dataSync()]).to.deep.equal([1, 2, 3]);
    reshaped.dispose();
    expect([...indices([2, 0])]).to.deep.equal([]);
  });
});
