// Softmax and normalizations of the rows of `[rows, n]`.
import { fma, loadPartial, storePartial, sumOfLanes, zeros } from './lanes';
import { expOfNegative, log } from './math';
import { sum } from './reduce';

// @ts-ignore: decorator
@inline
function largestLane(v: v128): f32 {
  const a = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(a, v128.shuffle<f32>(a, a, 1, 0, 3, 2)), 0);
}

/**
 * The largest of a row, and whether all entries lie so near to it that their exponentials need no limit. A NaN may be lost: whoever asks takes
 * exponentials of all entries and meets it there.
 */
function largest(n: i32, x: usize, out: usize): bool {
  let a = f32x4.splat(-Infinity), low = f32x4.splat(Infinity);
  let b = a, lowB = low;
  let i = 0;
  for (; i + 8 <= n; i += 8, x += 32) {
    const v = v128.load(x), w = v128.load(x, 16);
    a = f32x4.pmax(a, v);
    b = f32x4.pmax(b, w);
    low = f32x4.pmin(low, v);
    lowB = f32x4.pmin(lowB, w);
  }
  let m = largestLane(f32x4.pmax(a, b));
  let least = -largestLane(f32x4.neg(f32x4.pmin(low, lowB)));
  for (; i < n; i++, x += 4) {
    const v = load<f32>(x);
    if (v > m) m = v;
    if (v < least) least = v;
  }
  store<f32>(out, m);
  return m - least < 87;
}

/** The first `n` lanes of `v`, zeros behind them. */
// @ts-ignore: decorator
@inline
function firstLanes(v: v128, n: i32): v128 {
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n)));
}

/**
 * Writes the numbers of {@link expInBase2} to 32 bytes of scratch. Engines make a constant anew, in three instructions, in every turn of a loop; what the
 * program has loaded before the loop stays in its register.
 */
// @ts-ignore: decorator
@inline
function writeConstants(p: usize): void {
  store<f32>(p, -88);
  store<f32>(p, 1.44269504, 4);
  store<f32>(p, 12583039, 8);
  store<f32>(p, 1.3264727e-3, 12);
  store<f32>(p, 9.671513e-3, 16);
  store<f32>(p, 5.5507336e-2, 20);
  store<f32>(p, 0.24022242, 24);
  store<f32>(p, 0.693147, 28);
}

/** Of exponents that are limited to -88, and of those known to lie above it: types, so that the common case carries no test. */
class Limited {}
class Near {}

/**
 * `e^d` for `d` of at most 0, as `2^(d log2 e)`; 0 below -87.7, where the scale is 0. The product rounds by as much of the exponent as the difference
 * did that `d` is, so that the sum of both is what a result is off by: `|d|` units of the last place at most.
 */
// @ts-ignore: decorator
@inline
function expInBase2<Range>(d: v128, low: v128, log2e: v128, magic: v128, c5: v128, c4: v128, c3: v128, c2: v128, c1: v128): v128 {
  if (idof<Range>() == idof<Limited>()) d = f32x4.pmax(d, low);
  const z = fma(d, log2e, magic);
  const scale = i32x4.shl(z, 23);
  const r = fma(d, log2e, f32x4.sub(magic, z));
  const p = fma(fma(fma(fma(c5, r, c4), r, c3), r, c2), r, c1);
  return fma(f32x4.mul(r, scale), p, scale);
}

/** Writes `e^(x - m)` of a row, or with `Difference` that exponent itself, and gives the sum of `e^(x - m)`. */
// @ts-ignore: decorator
@inline
function exponentials<Range, Written>(n: i32, x: usize, y: usize, scratch: usize): f32 {
  const low = v128.load32_splat(scratch), log2e = v128.load32_splat(scratch, 4), magic = v128.load32_splat(scratch, 8);
  const c5 = v128.load32_splat(scratch, 12), c4 = v128.load32_splat(scratch, 16), c3 = v128.load32_splat(scratch, 20);
  const c2 = v128.load32_splat(scratch, 24), c1 = v128.load32_splat(scratch, 28), m = v128.load32_splat(scratch, 32);
  let a = zeros();
  for (const end = x + (<usize>(n & ~7) << 2); x < end; x += 32, y += 32) {
    const d = f32x4.sub(v128.load(x), m);
    const e = expInBase2<Range>(d, low, log2e, magic, c5, c4, c3, c2, c1);
    v128.store(y, idof<Written>() == idof<Difference>() ? d : e);
    a = f32x4.add(a, e);
    const d2 = f32x4.sub(v128.load(x, 16), m);
    const e2 = expInBase2<Range>(d2, low, log2e, magic, c5, c4, c3, c2, c1);
    v128.store(y, idof<Written>() == idof<Difference>() ? d2 : e2, 16);
    a = f32x4.add(a, e2);
  }
  for (let left = n & 7; left > 0; left -= 4, x += 16, y += 16) {
    const d = f32x4.sub(loadPartial(x, left), m);
    const e = expInBase2<Limited>(d, low, log2e, magic, c5, c4, c3, c2, c1);
    storePartial(y, idof<Written>() == idof<Difference>() ? d : e, left);
    a = f32x4.add(a, firstLanes(e, left));
  }
  return sumOfLanes(a);
}

class Difference {}
class Exponential {}

/** `y = e^x / Σ e^x` of each row; infinite and NaN entries give what IEEE arithmetic gives, `-Infinity` exactly 0. */
export function softmax(rows: i32, n: i32, x: usize, y: usize, scratch: usize): void {
  writeConstants(scratch);
  for (let r = 0; r < rows; r++) {
    const near = largest(n, x, scratch + 32);
    const total = near
      ? exponentials<Near, Exponential>(n, x, y, scratch)
      : exponentials<Limited, Exponential>(n, x, y, scratch);
    const scale = f32x4.splat(1 / total);
    let p = y;
    for (const end = p + (<usize>(n & ~7) << 2); p < end; p += 32) {
      v128.store(p, f32x4.mul(v128.load(p), scale));
      v128.store(p, f32x4.mul(v128.load(p, 16), scale), 16);
    }
    for (let left = n & 7; left > 0; left -= 4, p += 16) storePartial(p, f32x4.mul(loadPartial(p, left), scale), left);
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}

/** `y = x - log Σ e^x` of each row. */
export function logSoftmax(rows: i32, n: i32, x: usize, y: usize, scratch: usize): void {
  writeConstants(scratch);
  for (let r = 0; r < rows; r++) {
    largest(n, x, scratch + 32);
    const shift = log(f32x4.splat(exponentials<Limited, Difference>(n, x, y, scratch)));
    let p = y;
    for (const end = p + (<usize>(n & ~7) << 2); p < end; p += 32) {
      v128.store(p, f32x4.sub(v128.load(p), shift));
      v128.store(p, f32x4.sub(v128.load(p, 16), shift), 16);
    }
    for (let left = n & 7; left > 0; left -= 4, p += 16) storePartial(p, f32x4.sub(loadPartial(p, left), shift), left);
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}

/** One vector of {@link softmaxGradient}, of `s` the sum. */
// @ts-ignore: decorator
@inline
function softmaxSlope<Of>(y: v128, dy: v128, s: v128): v128 {
  if (idof<Of>() == idof<Exponential>()) return f32x4.mul(f32x4.sub(dy, s), y);
  return f32x4.sub(dy, f32x4.mul(s, expOfNegative(y)));
}

// @ts-ignore: decorator
@inline
function softmaxGradientOf<Of>(rows: i32, n: i32, y: usize, dy: usize, dx: usize): void {
  const row = <usize>n << 2, left = n & 3;
  const full = row & ~15;
  for (; rows > 0; rows--, y += row, dy += row, dx += row) {
    let a = zeros();
    for (let at: usize = 0; at < full; at += 16) {
      const d = v128.load(dy + at);
      a = idof<Of>() == idof<Exponential>() ? fma(d, v128.load(y + at), a) : f32x4.add(a, d);
    }
    if (left) {
      const d = loadPartial(dy + full, left);
      a = idof<Of>() == idof<Exponential>() ? fma(d, loadPartial(y + full, left), a) : f32x4.add(a, d);
    }
    const s = f32x4.splat(sumOfLanes(a));
    for (let at: usize = 0; at < full; at += 16) {
      v128.store(dx + at, softmaxSlope<Of>(v128.load(y + at), v128.load(dy + at), s));
    }
    if (left) storePartial(dx + full, softmaxSlope<Of>(loadPartial(y + full, left), loadPartial(dy + full, left), s), left);
  }
}

/** `dx = (dy - Σ dy y) y` of each row, of `y` the softmax; with `logarithm` 1 of `y` its logarithm: `dx = dy - Σ dy e^y`. */
export function softmaxGradient(rows: i32, n: i32, y: usize, dy: usize, dx: usize, logarithm: i32): void {
  if (logarithm) softmaxGradientOf<Difference>(rows, n, y, dy, dx);
  else softmaxGradientOf<Exponential>(rows, n, y, dy, dx);
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

/** What a layer norm scales: `(x - mean) * inverse`, of the first `left` entries. */
// @ts-ignore: decorator
@inline
function normal(x: usize, mean: v128, inverse: v128, left: i32): v128 {
  return f32x4.mul(f32x4.sub(loadPartial(x, left), mean), inverse);
}

/** All gradients of {@link layerNorm}; those of scale and offset are added to what is there. */
export function layerNormGradient(
  rows: i32, n: i32, x: usize, scale: usize, dy: usize, statistics: usize, dx: usize, dScale: usize, dOffset: usize,
): void {
  const row = <usize>n << 2, left = n & 3;
  const full = row & ~15;
  for (; rows > 0; rows--, statistics += 8, x += row, dy += row, dx += row) {
    const mean = v128.load32_splat(statistics), inverse = v128.load32_splat(statistics, 4);
    let a = zeros(), b = zeros();
    for (let at: usize = 0; at < full; at += 16) {
      const d = v128.load(dy + at), v = normal(x + at, mean, inverse, 4);
      const g = f32x4.mul(d, v128.load(scale + at));
      a = f32x4.add(a, g);
      b = fma(g, v, b);
      v128.store(dScale + at, fma(d, v, v128.load(dScale + at)));
      v128.store(dOffset + at, f32x4.add(d, v128.load(dOffset + at)));
    }
    if (left) {
      const d = loadPartial(dy + full, left), v = firstLanes(normal(x + full, mean, inverse, left), left);
      const g = f32x4.mul(d, loadPartial(scale + full, left));
      a = f32x4.add(a, g);
      b = fma(g, v, b);
      storePartial(dScale + full, fma(d, v, loadPartial(dScale + full, left)), left);
      storePartial(dOffset + full, f32x4.add(d, loadPartial(dOffset + full, left)), left);
    }
    const meanG = f32x4.splat(sumOfLanes(a) / <f32>n), meanGN = f32x4.splat(sumOfLanes(b) / <f32>n);
    for (let at: usize = 0; at < full; at += 16) {
      const g = f32x4.mul(v128.load(dy + at), v128.load(scale + at));
      const back = f32x4.mul(normal(x + at, mean, inverse, 4), meanGN);
      v128.store(dx + at, f32x4.mul(inverse, f32x4.sub(f32x4.sub(g, meanG), back)));
    }
    if (left) {
      const g = f32x4.mul(loadPartial(dy + full, left), loadPartial(scale + full, left));
      const back = f32x4.mul(normal(x + full, mean, inverse, left), meanGN);
      storePartial(dx + full, f32x4.mul(inverse, f32x4.sub(f32x4.sub(g, meanG), back)), left);
    }
  }
}

/** `y = (x - mean) / √(variance + eps) * scale + offset`, all of one value a column, the last two 0 where there are none; `4 * n` bytes of scratch. */
export function batchNorm(
  rows: i32, n: i32, x: usize, mean: usize, variance: usize, scale: usize, offset: usize, eps: f64, y: usize, scratch: usize,
): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2;
    const factor: f64 = scale ? <f64>load<f32>(scale + at) : 1;
    store<f32>(scratch + at, <f32>(factor / Math.sqrt(<f64>load<f32>(variance + at) + eps)));
  }
  const whole = n & ~3, left = n & 3;
  for (let r = 0; r < rows; r++) {
    let i: usize = 0;
    for (const end = <usize>whole << 2; i < end; i += 16) {
      const d = f32x4.sub(v128.load(x + i), v128.load(mean + i));
      const shift = offset ? v128.load(offset + i) : zeros();
      v128.store(y + i, fma(d, v128.load(scratch + i), shift));
    }
    if (left) {
      const d = f32x4.sub(loadPartial(x + i, left), loadPartial(mean + i, left));
      const shift = offset ? loadPartial(offset + i, left) : zeros();
      storePartial(y + i, fma(d, loadPartial(scratch + i, left), shift), left);
    }
    x += <usize>n << 2;
    y += <usize>n << 2;
  }
}
