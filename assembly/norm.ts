// Softmax and normalizations of the rows of `[rows, n]`.
import { fma, loadPartial, storePartial, sumOfLanes, zeros } from './lanes';
import { expOfNegative, log } from './math';
import { sum } from './reduce';

/** The largest of a row. A NaN may be lost: whoever asks takes exponentials of all entries and meets it there. */
function largest(n: i32, x: usize): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a, c = a, d = a;
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
    x += 64;
  }
  for (; i + 4 <= n; i += 4) {
    a = f32x4.pmax(a, v128.load(x));
    x += 16;
  }
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  a = f32x4.pmax(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  let m = f32x4.extract_lane(f32x4.pmax(a, v128.shuffle<f32>(a, a, 1, 0, 3, 2)), 0);
  for (; i < n; i++) {
    const v = load<f32>(x);
    if (v > m) m = v;
    x += 4;
  }
  return m;
}

/** The first `n` lanes of `v`, zeros behind them. */
// @ts-ignore: decorator
@inline
function firstLanes(v: v128, n: i32): v128 {
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n)));
}

/** `y = e^x / Σ e^x` of each row; infinite and NaN entries give what IEEE arithmetic gives, `-Infinity` exactly 0. */
export function softmax(rows: i32, n: i32, x: usize, y: usize): void {
  for (let r = 0; r < rows; r++) {
    const m = f32x4.splat(largest(n, x));
    let a = zeros(), b = zeros();
    let i = 0;
    for (; i + 8 <= n; i += 8) {
      const e = expOfNegative(f32x4.sub(v128.load(x), m));
      const f = expOfNegative(f32x4.sub(v128.load(x, 16), m));
      v128.store(y, e);
      v128.store(y, f, 16);
      a = f32x4.add(a, e);
      b = f32x4.add(b, f);
      x += 32;
      y += 32;
    }
    for (; i < n; i += 4) {
      const e = expOfNegative(f32x4.sub(loadPartial(x, n - i), m));
      storePartial(y, e, n - i);
      a = f32x4.add(a, firstLanes(e, n - i));
      x += 16;
      y += 16;
    }
    const scale = f32x4.splat(1 / sumOfLanes(f32x4.add(a, b)));
    // Back to the start of the row: the loops above went on in steps of four.
    x -= <usize>((n + 3) & ~3) << 2;
    y -= <usize>((n + 3) & ~3) << 2;
    for (i = 0; i + 8 <= n; i += 8) {
      const at = y + (<usize>i << 2);
      v128.store(at, f32x4.mul(v128.load(at), scale));
      v128.store(at, f32x4.mul(v128.load(at, 16), scale), 16);
    }
    for (; i < n; i += 4) {
      const at = y + (<usize>i << 2);
      storePartial(at, f32x4.mul(loadPartial(at, n - i), scale), n - i);
    }
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}

/** `y = x - log Σ e^x` of each row. */
export function logSoftmax(rows: i32, n: i32, x: usize, y: usize): void {
  for (let r = 0; r < rows; r++) {
    const m = f32x4.splat(largest(n, x));
    let a = zeros();
    for (let i = 0; i < n; i += 4) {
      const d = f32x4.sub(loadPartial(x + (<usize>i << 2), n - i), m);
      storePartial(y + (<usize>i << 2), d, n - i);
      a = f32x4.add(a, firstLanes(expOfNegative(d), n - i));
    }
    const shift = log(f32x4.splat(sumOfLanes(a)));
    for (let i = 0; i < n; i += 4) {
      const p = y + (<usize>i << 2);
      storePartial(p, f32x4.sub(loadPartial(p, n - i), shift), n - i);
    }
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}

/** `dx = (dy - Σ dy y) y` of each row, of `y` the softmax; with `logarithm` 1 of `y` its logarithm: `dx = dy - Σ dy e^y`. */
export function softmaxGradient(rows: i32, n: i32, y: usize, dy: usize, dx: usize, logarithm: i32): void {
  for (let r = 0; r < rows; r++) {
    let a = zeros();
    for (let i = 0; i < n; i += 4) {
      const d = loadPartial(dy + (<usize>i << 2), n - i);
      a = logarithm ? f32x4.add(a, d) : fma(d, loadPartial(y + (<usize>i << 2), n - i), a);
    }
    const s = f32x4.splat(sumOfLanes(a));
    for (let i = 0; i < n; i += 4) {
      const d = loadPartial(dy + (<usize>i << 2), n - i);
      const v = loadPartial(y + (<usize>i << 2), n - i);
      const g = logarithm ? f32x4.sub(d, f32x4.mul(s, expOfNegative(v))) : f32x4.mul(f32x4.sub(d, s), v);
      storePartial(dx + (<usize>i << 2), g, n - i);
    }
    y += <usize>n << 2;
    dy += <usize>n << 2;
    dx += <usize>n << 2;
  }
}

/** `y = (x - mean) / √(variance + eps) * scale + offset` of each row; mean and inverse go to `statistics[rows, 2]`. */
export function layerNorm(
  rows: i32, n: i32, x: usize, scale: usize, offset: usize, eps: f32, y: usize, statistics: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const mean = <f32>(sum(n, x) / <f64>n);
    const vm = f32x4.splat(mean);
    let total: f64 = 0;
    let i = 0;
    while (i < n) {
      const end = min(n, i + 4096);
      let a = zeros();
      let b = zeros();
      for (; i + 8 <= end; i += 8) {
        const d = f32x4.sub(v128.load(x + (<usize>i << 2)), vm);
        const e = f32x4.sub(v128.load(x + (<usize>i << 2), 16), vm);
        a = fma(d, d, a);
        b = fma(e, e, b);
      }
      for (; i < end; i += 4) {
        const d = firstLanes(f32x4.sub(loadPartial(x + (<usize>i << 2), end - i), vm), end - i);
        a = fma(d, d, a);
      }
      total += <f64>sumOfLanes(f32x4.add(a, b));
      i = end;
    }
    const inverse = <f32>(1 / Math.sqrt(total / <f64>n + <f64>eps));
    const vi = f32x4.splat(inverse);
    for (i = 0; i + 4 <= n; i += 4) {
      const at = <usize>i << 2;
      const normal = f32x4.mul(f32x4.sub(v128.load(x + at), vm), vi);
      v128.store(y + at, fma(normal, v128.load(scale + at), v128.load(offset + at)));
    }
    if (i < n) {
      const at = <usize>i << 2;
      const normal = f32x4.mul(f32x4.sub(loadPartial(x + at, n - i), vm), vi);
      storePartial(y + at, fma(normal, loadPartial(scale + at, n - i), loadPartial(offset + at, n - i)), n - i);
    }
    store<f32>(statistics, mean);
    store<f32>(statistics, inverse, 4);
    statistics += 8;
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}

/** All gradients of {@link layerNorm}; those of scale and offset are added to what is there. */
export function layerNormGradient(
  rows: i32, n: i32, x: usize, scale: usize, dy: usize, statistics: usize, dx: usize, dScale: usize, dOffset: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const vm = v128.load32_splat(statistics);
    const vi = v128.load32_splat(statistics, 4);
    let a = zeros();
    let b = zeros();
    for (let i = 0; i < n; i += 4) {
      const at = <usize>i << 2;
      const left = n - i;
      const d = loadPartial(dy + at, left);
      const normal = firstLanes(f32x4.mul(f32x4.sub(loadPartial(x + at, left), vm), vi), left);
      const g = f32x4.mul(d, loadPartial(scale + at, left));
      a = f32x4.add(a, g);
      b = fma(g, normal, b);
      storePartial(dScale + at, fma(d, normal, loadPartial(dScale + at, left)), left);
      storePartial(dOffset + at, f32x4.add(d, loadPartial(dOffset + at, left)), left);
    }
    const meanG = f32x4.splat(sumOfLanes(a) / <f32>n);
    const meanGN = f32x4.splat(sumOfLanes(b) / <f32>n);
    for (let i = 0; i < n; i += 4) {
      const at = <usize>i << 2;
      const left = n - i;
      const normal = f32x4.mul(f32x4.sub(loadPartial(x + at, left), vm), vi);
      const g = f32x4.mul(loadPartial(dy + at, left), loadPartial(scale + at, left));
      storePartial(dx + at, f32x4.mul(vi, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(normal, meanGN))), left);
    }
    statistics += 8;
    x += <usize>n << 2;
    dy += <usize>n << 2;
    dx += <usize>n << 2;
  }
}

/** `y = (x - mean) * factor + offset`, all three of one value a column. */
export function normalizeColumns(
  rows: i32, n: i32, x: usize, mean: usize, factor: usize, offset: usize, y: usize,
): void {
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i += 4) {
      const at = <usize>i << 2;
      const left = n - i;
      const d = f32x4.sub(loadPartial(x + at, left), loadPartial(mean + at, left));
      storePartial(y + at, fma(d, loadPartial(factor + at, left), loadPartial(offset + at, left)), left);
    }
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}
