// Reductions and scans of `[outer, n, inner]` along the middle axis.
import { loadPartial, storePartial, zeros } from './lanes';

/** The sum of `n` floats: 16 partial sums over blocks of 4096, the blocks in double precision. */
export function sum(n: i32, x: usize): f64 {
  let total: f64 = 0;
  while (n > 0) {
    let block = min(n, 4096);
    n -= block;
    let a = zeros();
    let b = zeros();
    let c = zeros();
    let d = zeros();
    for (; block >= 16; block -= 16) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
      x += 64;
    }
    a = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    for (; block > 0; block -= 4) {
      a = f32x4.add(a, loadPartial(x, block));
      x += <usize>min(block, 4) << 2;
    }
    total += <f64>f32x4.extract_lane(a, 0) + <f64>f32x4.extract_lane(a, 1) +
      (<f64>f32x4.extract_lane(a, 2) + <f64>f32x4.extract_lane(a, 3));
  }
  return total;
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 0, 1);
}

/** Rows whose sum is taken in single precision; such blocks are added up in double. More rows show in small variances, `E[x²] − E[x]²`. */
const BLOCK = 32;

/** `sums` (four of them, in two halves) over `count`, in single precision. */
// @ts-ignore: decorator
@inline
function quotient(low: v128, high: v128, count: v128): v128 {
  const first = f32x4.demote_f64x2_zero(f64x2.div(low, count));
  const last = f32x4.demote_f64x2_zero(f64x2.div(high, count));
  return v128.shuffle<f32>(first, last, 0, 1, 4, 5);
}

/** The sums of four neighbouring columns, over `count`. */
function columns4(n: i32, stride: usize, x: usize, width: i32, count: f64): v128 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  while (n > 0) {
    let block = min(n, BLOCK);
    n -= block;
    let a = zeros();
    for (; block > 0; block--) {
      a = f32x4.add(a, loadPartial(x, width));
      x += stride;
    }
    low = f64x2.add(low, f64x2.promote_low_f32x4(a));
    high = f64x2.add(high, f64x2.promote_low_f32x4(upper(a)));
  }
  return quotient(low, high, f64x2.splat(count));
}

/** Sixteen columns, a whole line of the cache, at once. */
function columns16(n: i32, stride: usize, x: usize, out: usize, count: f64): void {
  let al = f64x2.splat(0), ah = al, bl = al, bh = al, cl = al, ch = al, dl = al, dh = al;
  while (n > 0) {
    let block = min(n, BLOCK);
    n -= block;
    let a = zeros();
    let b = zeros();
    let c = zeros();
    let d = zeros();
    for (; block > 0; block--) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
      x += stride;
    }
    al = f64x2.add(al, f64x2.promote_low_f32x4(a));
    ah = f64x2.add(ah, f64x2.promote_low_f32x4(upper(a)));
    bl = f64x2.add(bl, f64x2.promote_low_f32x4(b));
    bh = f64x2.add(bh, f64x2.promote_low_f32x4(upper(b)));
    cl = f64x2.add(cl, f64x2.promote_low_f32x4(c));
    ch = f64x2.add(ch, f64x2.promote_low_f32x4(upper(c)));
    dl = f64x2.add(dl, f64x2.promote_low_f32x4(d));
    dh = f64x2.add(dh, f64x2.promote_low_f32x4(upper(d)));
  }
  const divisor = f64x2.splat(count);
  v128.store(out, quotient(al, ah, divisor));
  v128.store(out, quotient(bl, bh, divisor), 16);
  v128.store(out, quotient(cl, ch, divisor), 32);
  v128.store(out, quotient(dl, dh, divisor), 48);
}

/** The sums of rows of 4 to 31 entries, over `count`. The last vector of a row lies over the one before it, whose lanes are left out of it. */
function shortSums(outer: i32, n: i32, x: usize, out: usize, count: f64): void {
  const row = <usize>n << 2, end = <usize>(n & ~3) << 2;
  const rest = i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(4 - (n & 3)));
  for (; outer > 0; outer--, out += 4, x += row) {
    let a = v128.and(v128.load(x + row - 16), rest);
    for (let p = x; p < x + end; p += 16) a = f32x4.add(a, v128.load(p));
    const pair = f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(upper(a)));
    store<f32>(out, <f32>((f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1)) / count));
  }
}

/** `out[outer, inner] = Σ x[outer, n, inner] / count`. */
export function reduceSum(outer: i32, n: i32, inner: i32, x: usize, out: usize, count: f64): void {
  if (inner == 1 && n >= 4 && n < 32) {
    shortSums(outer, n, x, out, count);
    return;
  }
  const stride = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    if (inner == 1) {
      store<f32>(out, <f32>(sum(n, x) / count));
    } else {
      let j = 0;
      for (; j + 16 <= inner; j += 16) columns16(n, stride, x + (<usize>j << 2), out + (<usize>j << 2), count);
      for (; j < inner; j += 4) {
        const width = min(4, inner - j);
        storePartial(out + (<usize>j << 2), columns4(n, stride, x + (<usize>j << 2), width, count), width);
      }
    }
    x += <usize>n * stride;
    out += stride;
  }
}

// @ts-ignore: decorator
@inline
function extreme(largest: bool, a: v128, b: v128): v128 {
  return largest ? f32x4.max(a, b) : f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function reduceExtreme(largest: bool, outer: i32, n: i32, inner: i32, x: usize, out: usize): void {
  const worst = f32x4.splat(largest ? -Infinity : Infinity);
  const stride = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    if (inner == 1) {
      let a = worst;
      let b = worst;
      let i = 0;
      for (; i + 8 <= n; i += 8) {
        a = extreme(largest, a, v128.load(x));
        b = extreme(largest, b, v128.load(x, 16));
        x += 32;
      }
      a = extreme(largest, a, b);
      a = extreme(largest, a, upper(a));
      let m = f32x4.extract_lane(extreme(largest, a, v128.shuffle<f32>(a, a, 1, 0, 3, 2)), 0);
      for (; i < n; i++) {
        m = largest ? max<f32>(m, load<f32>(x)) : min<f32>(m, load<f32>(x));
        x += 4;
      }
      store<f32>(out, m);
      out += 4;
    } else {
      for (let j = 0; j < inner; j += 4) {
        const width = min(4, inner - j);
        let p = x + (<usize>j << 2);
        let a = worst;
        for (let i = 0; i < n; i++) {
          a = extreme(largest, a, loadPartial(p, width));
          p += stride;
        }
        storePartial(out + (<usize>j << 2), a, width);
      }
      x += <usize>n * stride;
      out += stride;
    }
  }
}

/** The largest value; NaN if there is one, minus infinity of nothing. */
export function reduceMax(outer: i32, n: i32, inner: i32, x: usize, out: usize): void {
  reduceExtreme(true, outer, n, inner, x, out);
}

/** The smallest value; NaN if there is one, infinity of nothing. */
export function reduceMin(outer: i32, n: i32, inner: i32, x: usize, out: usize): void {
  reduceExtreme(false, outer, n, inner, x, out);
}

/** The product, accumulated in double precision. */
export function reduceProd(outer: i32, n: i32, inner: i32, x: usize, out: usize): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let p = x + (<usize>j << 2);
      let product: f64 = 1;
      for (let i = 0; i < n; i++) {
        product *= <f64>load<f32>(p);
        p += <usize>inner << 2;
      }
      store<f32>(out, <f32>product);
      out += 4;
    }
    x += <usize>(n * inner) << 2;
  }
}

/** Integers: 0 sum, 1 product, 2 largest, 3 smallest. Sums and products wrap. */
export function reduceInt(op: i32, outer: i32, n: i32, inner: i32, x: usize, out: usize): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let p = x + (<usize>j << 2);
      let result: i32 = op == 0 ? 0 : op == 1 ? 1 : op == 2 ? i32.MIN_VALUE : i32.MAX_VALUE;
      for (let i = 0; i < n; i++) {
        const v = load<i32>(p);
        if (op == 0) result += v;
        else if (op == 1) result *= v;
        else if (op == 2) result = max(result, v);
        else result = min(result, v);
        p += <usize>inner << 2;
      }
      store<i32>(out, result);
      out += 4;
    }
    x += <usize>(n * inner) << 2;
  }
}

/** Bytes: 1 where all (`all` 1) or any (`all` 0) are not 0. */
export function reduceTruth(all: i32, outer: i32, n: i32, inner: i32, x: usize, out: usize): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let result = all;
      for (let i = 0; i < n; i++) if ((load<u8>(x + i * inner + j) != 0) != (all != 0)) result = 1 - all;
      store<u8>(out++, <u8>result);
    }
    x += n * inner;
  }
}

/** Running sum (`product` 0) or product, accumulated in double precision. */
export function scan(
  product: i32, exclusive: i32, reverse: i32, outer: i32, n: i32, inner: i32, x: usize, out: usize,
): void {
  const stride = (reverse ? -inner : inner) << 2;
  const first = reverse ? (n - 1) * inner : 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let at = (first + j) << 2;
      let total: f64 = product ? 1 : 0;
      for (let i = 0; i < n; i++) {
        const v = <f64>load<f32>(x + at);
        if (exclusive) store<f32>(out + at, <f32>total);
        total = product ? total * v : total + v;
        if (!exclusive) store<f32>(out + at, <f32>total);
        at += stride;
      }
    }
    x += <usize>(n * inner) << 2;
    out += <usize>(n * inner) << 2;
  }
}

/** {@link scan} of integers, which wrap. */
export function scanInt(
  product: i32, exclusive: i32, reverse: i32, outer: i32, n: i32, inner: i32, x: usize, out: usize,
): void {
  const stride = (reverse ? -inner : inner) << 2;
  const first = reverse ? (n - 1) * inner : 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let at = (first + j) << 2;
      let total: i32 = product ? 1 : 0;
      for (let i = 0; i < n; i++) {
        const v = load<i32>(x + at);
        if (exclusive) store<i32>(out + at, total);
        total = product ? total * v : total + v;
        if (!exclusive) store<i32>(out + at, total);
        at += stride;
      }
    }
    x += <usize>(n * inner) << 2;
    out += <usize>(n * inner) << 2;
  }
}
