// One row times a matrix, at the speed of its memory. As in `tile.ts` the loops stand alone, take two steps at a time, and
// have nothing but stores behind them.
import { activate, fma, loadPartial, storePartial, sumOfLanes, zeros } from './lanes';

/** Columns that are summed at once, in 128 bytes of scratch. */
const COLUMNS: i32 = 32;
/** Sums of so many products are added up, for the sake of their rounding. */
const DEPTH: i32 = 4096;
/** Up to here sums one after the other in single precision are as good. */
export const LONG_SUM: i32 = 32 * 1024;

/** `sums = x · b` for four packed panels of 8 columns. */
function panelsLoop(k: i32, x: usize, step: usize, p0: usize, p1: usize, p2: usize, p3: usize, sums: usize): void {
  let c0 = zeros(), c1 = zeros(), c2 = zeros(), c3 = zeros(), c4 = zeros(), c5 = zeros(), c6 = zeros(), c7 = zeros();
  if (k & 1) {
    const v = v128.load_splat<f32>(x);
    c0 = fma(v, v128.load(p0), c0);
    c1 = fma(v, v128.load(p0, 16), c1);
    c2 = fma(v, v128.load(p1), c2);
    c3 = fma(v, v128.load(p1, 16), c3);
    c4 = fma(v, v128.load(p2), c4);
    c5 = fma(v, v128.load(p2, 16), c5);
    c6 = fma(v, v128.load(p3), c6);
    c7 = fma(v, v128.load(p3, 16), c7);
    x += step;
    p0 += 32;
    p1 += 32;
    p2 += 32;
    p3 += 32;
  }
  for (; k > 1; k -= 2) {
    const v = v128.load_splat<f32>(x), w = v128.load_splat<f32>(x + step);
    c0 = fma(w, v128.load(p0, 32), fma(v, v128.load(p0), c0));
    c1 = fma(w, v128.load(p0, 48), fma(v, v128.load(p0, 16), c1));
    c2 = fma(w, v128.load(p1, 32), fma(v, v128.load(p1), c2));
    c3 = fma(w, v128.load(p1, 48), fma(v, v128.load(p1, 16), c3));
    c4 = fma(w, v128.load(p2, 32), fma(v, v128.load(p2), c4));
    c5 = fma(w, v128.load(p2, 48), fma(v, v128.load(p2, 16), c5));
    c6 = fma(w, v128.load(p3, 32), fma(v, v128.load(p3), c6));
    c7 = fma(w, v128.load(p3, 48), fma(v, v128.load(p3, 16), c7));
    x += step + step;
    p0 += 64;
    p1 += 64;
    p2 += 64;
    p3 += 64;
  }
  v128.store(sums, c0);
  v128.store(sums, c1, 16);
  v128.store(sums, c2, 32);
  v128.store(sums, c3, 48);
  v128.store(sums, c4, 64);
  v128.store(sums, c5, 80);
  v128.store(sums, c6, 96);
  v128.store(sums, c7, 112);
}

/** `y = activation(sums + bias)` of `n` columns, added to `y` first when `accumulate` is 1. */
function finishColumns(n: i32, sums: usize, y: usize, bias: usize, activation: i32, accumulate: i32): void {
  for (; n > 0; n -= 4) {
    let v = v128.load(sums);
    if (accumulate) v = f32x4.add(v, loadPartial(y, n));
    if (bias) {
      v = f32x4.add(v, loadPartial(bias, n));
      bias += 16;
    }
    storePartial(y, activate(v, activation), n);
    sums += 16;
    y += 16;
  }
}

/** One row times a matrix in panels as `packB` makes them. `scratch`: 128 bytes. */
export function gemvPacked(
  n: i32, k: i32, x: usize, strideX: i32, packed: usize, y: usize, bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  const step = <usize>strideX << 2, panel = <usize>k << 5;
  for (let j = 0; j < n; j += COLUMNS) {
    const width = min(COLUMNS, n - j);
    // Panels that are missing stand for the first.
    let p0 = packed + 4 * <usize>k * <usize>j, p1 = p0, p2 = p0, p3 = p0;
    if (width > 8) p1 = p0 + panel;
    if (width > 16) p2 = p0 + 2 * panel;
    if (width > 24) p3 = p0 + 3 * panel;
    const at = <usize>j << 2;
    let from = x, add = accumulate;
    for (let k0 = 0; k0 < k; k0 += DEPTH) {
      const steps = min(DEPTH, k - k0), last = k0 + steps == k;
      panelsLoop(steps, from, step, p0, p1, p2, p3, scratch);
      finishColumns(width, scratch, y + at, bias && last ? bias + at : 0, last ? activation : 0, add);
      add = 1;
      from += <usize>steps * step;
      const moved = <usize>steps << 5;
      p0 += moved;
      p1 += moved;
      p2 += moved;
      p3 += moved;
    }
  }
}

/** `y += x0 · b0 + … + x3 · b3` over `n` columns, a multiple of 8. */
function addRows(n: i32, x0: f32, x1: f32, x2: f32, x3: f32, b0: usize, b1: usize, b2: usize, b3: usize, y: usize): void {
  const v0 = f32x4.splat(x0), v1 = f32x4.splat(x1), v2 = f32x4.splat(x2), v3 = f32x4.splat(x3);
  for (; n > 0; n -= 8) {
    const s = fma(v1, v128.load(b1), fma(v0, v128.load(b0), v128.load(y)));
    const t = fma(v1, v128.load(b1, 16), fma(v0, v128.load(b0, 16), v128.load(y, 16)));
    v128.store(y, fma(v3, v128.load(b3), fma(v2, v128.load(b2), s)));
    v128.store(y, fma(v3, v128.load(b3, 16), fma(v2, v128.load(b2, 16), t)), 16);
    b0 += 32;
    b1 += 32;
    b2 += 32;
    b3 += 32;
    y += 32;
  }
}

/**
 * One row times a matrix whose rows are contiguous and are read in the order in which they lie: four at a time are added to the
 * whole result. Up to {@link LONG_SUM} of them.
 */
export function gemv(
  n: i32, k: i32, x: usize, strideX: i32, b: usize, rowStride: i32,
  y: usize, bias: usize, activation: i32, accumulate: i32,
): void {
  const step = <usize>strideX << 2, row = <usize>rowStride << 2;
  if (!accumulate) memory.fill(y, 0, <usize>n << 2);
  const whole = n & ~7;
  for (; k >= 4; k -= 4) {
    const x0 = load<f32>(x), x1 = load<f32>(x + step), x2 = load<f32>(x + 2 * step), x3 = load<f32>(x + 3 * step);
    addRows(whole, x0, x1, x2, x3, b, b + row, b + 2 * row, b + 3 * row, y);
    for (let j = whole; j < n; j += 4) {
      const at = <usize>j << 2, p = b + at, left = n - j;
      const sum = fma(f32x4.splat(x1), loadPartial(p + row, left), fma(f32x4.splat(x0), loadPartial(p, left), loadPartial(y + at, left)));
      const last = fma(f32x4.splat(x3), loadPartial(p + 3 * row, left), fma(f32x4.splat(x2), loadPartial(p + 2 * row, left), sum));
      storePartial(y + at, last, left);
    }
    x += 4 * step;
    b += 4 * row;
  }
  for (; k > 0; k--, x += step, b += row) {
    const v = v128.load_splat<f32>(x);
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      storePartial(y + at, fma(v, loadPartial(b + at, n - j), loadPartial(y + at, n - j)), n - j);
    }
  }
  if (!bias && !activation) return;
  for (let j = 0; j < n; j += 4) {
    const at = <usize>j << 2;
    let sum = loadPartial(y + at, n - j);
    if (bias) sum = f32x4.add(sum, loadPartial(bias + at, n - j));
    storePartial(y + at, activate(sum, activation), n - j);
  }
}

/** The same for 4 or a few more columns, which are summed four at a time. */
export function gemvNarrow(
  n: i32, k: i32, x: usize, strideX: i32, b: usize, rowStride: i32,
  y: usize, bias: usize, activation: i32, accumulate: i32,
): void {
  const step = <usize>strideX << 2, row = <usize>rowStride << 2;
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    const steps = min(DEPTH, k - k0), last = k0 + steps == k;
    const add = accumulate | i32(k0 > 0);
    for (let j = 0; j < n; j += 4) {
      // The last columns are done again with the ones before them rather than one by one.
      if (j + 4 > n && !add) j = n - 4;
      const width = min(4, n - j);
      let even = zeros(), odd = zeros(), a = x + <usize>k0 * step, p = b + <usize>k0 * row + (<usize>j << 2);
      let i = steps;
      if (width == 4) {
        for (; i > 1; i -= 2) {
          even = fma(v128.load_splat<f32>(a), v128.load(p), even);
          odd = fma(v128.load_splat<f32>(a + step), v128.load(p + row), odd);
          a += 2 * step;
          p += 2 * row;
        }
      }
      for (; i > 0; i--) {
        even = fma(v128.load_splat<f32>(a), loadPartial(p, width), even);
        a += step;
        p += row;
      }
      let sum = f32x4.add(even, odd);
      const to = y + (<usize>j << 2);
      if (add) sum = f32x4.add(sum, loadPartial(to, width));
      if (bias && last) sum = f32x4.add(sum, loadPartial(bias + (<usize>j << 2), width));
      storePartial(to, activate(sum, last ? activation : 0), width);
    }
  }
}

/** `y[i] = x · b[i, :]` for `n` contiguous rows of length `k`; partial sums of 4096 products are added in f64. */
export function rowDots(
  n: i32, k: i32, x: usize, b: usize, rowStride: i32, y: usize, strideY: i32,
  bias: usize, strideBias: i32, activation: i32, accumulate: i32,
): void {
  const row = <usize>rowStride << 2;
  for (let i = 0; i < n; i++) {
    let total: f64 = 0;
    let p = x, q = b;
    for (let k0 = 0; k0 < k; k0 += 4096) {
      let left = min(4096, k - k0);
      let s0 = zeros(), s1 = zeros(), s2 = zeros(), s3 = zeros();
      for (; left >= 16; left -= 16) {
        s0 = fma(v128.load(p), v128.load(q), s0);
        s1 = fma(v128.load(p, 16), v128.load(q, 16), s1);
        s2 = fma(v128.load(p, 32), v128.load(q, 32), s2);
        s3 = fma(v128.load(p, 48), v128.load(q, 48), s3);
        p += 64;
        q += 64;
      }
      for (; left > 0; left -= 4) {
        s0 = fma(loadPartial(p, left), loadPartial(q, left), s0);
        p += 16;
        q += 16;
      }
      total += <f64>sumOfLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    }
    if (accumulate) total += <f64>load<f32>(y);
    if (bias) total += <f64>load<f32>(bias);
    storePartial(y, activate(f32x4.splat(<f32>total), activation), 1);
    b += row;
    y += <usize>strideY << 2;
    if (bias) bias += <usize>strideBias << 2;
  }
}
