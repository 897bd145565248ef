/*
 * The inner loops of the samplers, four values at a time, with the bits of src/random/kernels/javascript.ts.
 * Float32 arithmetic is done in float64 and rounded after each operation: for +, ×, ÷ and √ that gives the float32 result, and for
 * a · b + c the one of a fused multiply-add, which WebAssembly does not have.
 */

// @ts-ignore: decorator
@inline const WORDS = 4096;
/** Where the values are that all functions work on. */
export const scratch: usize = memory.data(4 * WORDS, 16);

// @ts-ignore: decorator
@inline
function bits(pattern: u32): v128 {
  return f64x2.splat(reinterpret<f32>(pattern) as f64);
}

// @ts-ignore: decorator
@inline
function float(value: f32): v128 {
  return f64x2.splat(value as f64);
}

// @ts-ignore: decorator
@inline
function round(x: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(x));
}

// @ts-ignore: decorator
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return round(f64x2.add(f64x2.mul(a, b), c));
}

// @ts-ignore: decorator
@inline
function multiply(a: v128, b: v128): v128 {
  return round(f64x2.mul(a, b));
}

/** The two lower float32 values as float64. */
// @ts-ignore: decorator
@inline
function lower(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** The two upper float32 values as float64. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
}

/** Two pairs of float64 as four float32. */
// @ts-ignore: decorator
@inline
function join(low: v128, high: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** Words `start` to `start + count` of a key: Threefry-2x32 of 20 rounds, both words of each hash combined. */
export function randomWords(key0: u32, key1: u32, start: u32, count: i32): void {
  const k0 = i32x4.splat(key0);
  const k1 = i32x4.splat(key1);
  const k2 = i32x4.splat(key0 ^ key1 ^ 0x1bd11bda);
  let counter = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3));
  const end = scratch + (<usize>count << 2);
  for (let at = scratch; at < end; at += 32) {
    let a0 = k0;
    let b0 = k0;
    let a1 = i32x4.add(counter, k1);
    let b1 = i32x4.add(a1, i32x4.splat(4));
    counter = i32x4.add(counter, i32x4.splat(8));
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 13), a0);
    b1 = v128.xor(rotate(b1, 13), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 15), a0);
    b1 = v128.xor(rotate(b1, 15), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 26), a0);
    b1 = v128.xor(rotate(b1, 26), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 6), a0);
    b1 = v128.xor(rotate(b1, 6), b0);
    a0 = i32x4.add(a0, k1);
    a1 = i32x4.add(a1, i32x4.add(k2, i32x4.splat(1)));
    b0 = i32x4.add(b0, k1);
    b1 = i32x4.add(b1, i32x4.add(k2, i32x4.splat(1)));
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 17), a0);
    b1 = v128.xor(rotate(b1, 17), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 29), a0);
    b1 = v128.xor(rotate(b1, 29), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 16), a0);
    b1 = v128.xor(rotate(b1, 16), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 24), a0);
    b1 = v128.xor(rotate(b1, 24), b0);
    a0 = i32x4.add(a0, k2);
    a1 = i32x4.add(a1, i32x4.add(k0, i32x4.splat(2)));
    b0 = i32x4.add(b0, k2);
    b1 = i32x4.add(b1, i32x4.add(k0, i32x4.splat(2)));
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 13), a0);
    b1 = v128.xor(rotate(b1, 13), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 15), a0);
    b1 = v128.xor(rotate(b1, 15), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 26), a0);
    b1 = v128.xor(rotate(b1, 26), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 6), a0);
    b1 = v128.xor(rotate(b1, 6), b0);
    a0 = i32x4.add(a0, k0);
    a1 = i32x4.add(a1, i32x4.add(k1, i32x4.splat(3)));
    b0 = i32x4.add(b0, k0);
    b1 = i32x4.add(b1, i32x4.add(k1, i32x4.splat(3)));
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 17), a0);
    b1 = v128.xor(rotate(b1, 17), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 29), a0);
    b1 = v128.xor(rotate(b1, 29), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 16), a0);
    b1 = v128.xor(rotate(b1, 16), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 24), a0);
    b1 = v128.xor(rotate(b1, 24), b0);
    a0 = i32x4.add(a0, k1);
    a1 = i32x4.add(a1, i32x4.add(k2, i32x4.splat(4)));
    b0 = i32x4.add(b0, k1);
    b1 = i32x4.add(b1, i32x4.add(k2, i32x4.splat(4)));
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 13), a0);
    b1 = v128.xor(rotate(b1, 13), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 15), a0);
    b1 = v128.xor(rotate(b1, 15), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 26), a0);
    b1 = v128.xor(rotate(b1, 26), b0);
    a0 = i32x4.add(a0, a1);
    b0 = i32x4.add(b0, b1);
    a1 = v128.xor(rotate(a1, 6), a0);
    b1 = v128.xor(rotate(b1, 6), b0);
    a0 = i32x4.add(a0, k2);
    a1 = i32x4.add(a1, i32x4.add(k0, i32x4.splat(5)));
    b0 = i32x4.add(b0, k2);
    b1 = i32x4.add(b1, i32x4.add(k0, i32x4.splat(5)));
    v128.store(at, v128.xor(a0, a1));
    v128.store(at, v128.xor(b0, b1), 16);
  }
}

/** Words → floats in `[low, low + span)`. */
export function uniform(count: i32, low: f32, span: f32): void {
  const lows = f32x4.splat(low);
  const low64 = f64x2.splat(low as f64);
  const span64 = f64x2.splat(span as f64);
  const end = scratch + (<usize>count << 2);
  for (let at = scratch; at < end; at += 16) {
    const mantissa = v128.or(i32x4.shr_u(v128.load(at), 9), i32x4.splat(0x3f800000));
    const u = f32x4.sub(mantissa, f32x4.splat(1));
    const x = join(
      f64x2.add(f64x2.mul(lower(u), span64), low64),
      f64x2.add(f64x2.mul(upper(u), span64), low64),
    );
    v128.store(at, f32x4.max(lows, x));
  }
}

/** `log(2^e · (1 + z))` for two values. */
// @ts-ignore: decorator
@inline
function logOfParts(z: v128, e: v128): v128 {
  const z2 = multiply(z, z);
  const z3 = multiply(z2, z);
  let a = fma(z, bits(0x3d9021bb), bits(0xbdebd1b8));
  let b = fma(z, bits(0xbdfe5d4f), bits(0x3e11e9bf));
  let c = fma(z, bits(0x3e4cceac), bits(0xbe7ffffc));
  a = fma(a, z, bits(0x3def251a));
  b = fma(b, z, bits(0xbe2aae50));
  c = fma(c, z, bits(0x3eaaaaaa));
  let r = fma(a, z3, b);
  r = fma(r, z3, c);
  r = fma(r, z3, multiply(e, bits(0xb95e8083)));
  const s = round(f64x2.add(fma(z2, f64x2.splat(-0.5), z), r));
  return fma(e, bits(0x3f318000), s);
}

// @ts-ignore: decorator
@inline
function log4(x: v128): v128 {
  const y = i32x4.max_s(x, i32x4.splat(0x00800000));
  const m = v128.or(v128.and(y, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const small = f32x4.lt(m, f32x4.splat(reinterpret<f32>(0x3f3504f3)));
  // The mask is -1 where the exponent must be one less.
  const e = f32x4.convert_i32x4_s(i32x4.add(i32x4.sub(i32x4.shr_u(y, 23), i32x4.splat(126)), small));
  const m1 = f32x4.sub(m, f32x4.splat(1));
  const z = f32x4.add(m1, v128.and(small, m));
  const log = join(logOfParts(lower(z), lower(e)), logOfParts(upper(z), upper(e)));
  return log;
}

/** What the formula does not give: `-Infinity` at 0, `NaN` below and for `NaN`, `Infinity` at itself. */
// @ts-ignore: decorator
@inline
function logAtEnds(x: v128, log: v128): v128 {
  const zero = f32x4.eq(x, f32x4.splat(0));
  const bad = v128.not(f32x4.ge(x, f32x4.splat(0)));
  const infinite = f32x4.eq(x, f32x4.splat(f32.MAX_VALUE * 2));
  let result = v128.bitselect(f32x4.splat(-Infinity), log, zero);
  result = v128.bitselect(f32x4.splat(NaN), result, bad);
  return v128.bitselect(x, result, infinite);
}

export function log(count: i32): void {
  const end = scratch + (<usize>count << 2);
  for (let at = scratch; at < end; at += 16) {
    const x = v128.load(at);
    v128.store(at, logAtEnds(x, log4(x)));
  }
}

/** `log(1 + x)` for two small values. */
// @ts-ignore: decorator
@inline
function log1pOfSmall(x: v128): v128 {
  let d = round(f64x2.add(x, bits(0x417101ad)));
  d = fma(d, x, bits(0x42a6185b));
  d = fma(d, x, bits(0x435dc32d));
  d = fma(d, x, bits(0x439a8ca3));
  d = fma(d, x, bits(0x43586d8a));
  d = fma(d, x, bits(0x42707982));
  let n = fma(float(4.527e-5), x, bits(0x3eff40c5));
  n = fma(n, x, bits(0x40d284fa));
  n = fma(n, x, bits(0x41ef4b9c));
  n = fma(n, x, bits(0x4273cc76));
  n = fma(n, x, bits(0x426473ad));
  n = fma(n, x, bits(0x41a05101));
  const x2 = multiply(x, x);
  const x3 = multiply(x, x2);
  const product = multiply(x3, round(f64x2.div(n, d)));
  return round(f64x2.add(x, fma(x2, f64x2.splat(-0.5), product)));
}

/** `log(1 + x)` in both of its branches, without the ends. */
// @ts-ignore: decorator
@inline
function log1p4(x: v128): v128 {
  const small = f32x4.lt(f32x4.abs(x), f32x4.splat(reinterpret<f32>(0x3ed413cd)));
  const large = log4(f32x4.add(x, f32x4.splat(1)));
  return v128.bitselect(join(log1pOfSmall(lower(x)), log1pOfSmall(upper(x))), large, small);
}

export function log1p(count: i32): void {
  const end = scratch + (<usize>count << 2);
  for (let at = scratch; at < end; at += 16) {
    const x = v128.load(at);
    v128.store(at, logAtEnds(f32x4.add(x, f32x4.splat(1)), log1p4(x)));
  }
}

// @ts-ignore: decorator
@inline
function central(w: v128): v128 {
  let p = fma(float(2.81022636e-8), w, float(3.43273939e-7));
  p = fma(p, w, float(-3.5233877e-6));
  p = fma(p, w, float(-4.39150654e-6));
  p = fma(p, w, float(0.00021858087));
  p = fma(p, w, float(-0.00125372503));
  p = fma(p, w, float(-0.00417768164));
  p = fma(p, w, float(0.246640727));
  return fma(p, w, float(1.50140941));
}

function tail(w: v128): v128 {
  let p = fma(float(-0.000200214257), w, float(0.000100950558));
  p = fma(p, w, float(0.00134934322));
  p = fma(p, w, float(-0.00367342844));
  p = fma(p, w, float(0.00573950773));
  p = fma(p, w, float(-0.0076224613));
  p = fma(p, w, float(0.00943887047));
  p = fma(p, w, float(1.00167406));
  return fma(p, w, float(2.83297682));
}

/** Floats in [-1, 1] → `√2 · erfInv(x)`, held between `lowest` and `highest`. */
export function normal(count: i32, lowest: f32, highest: f32): void {
  const end = scratch + (<usize>count << 2);
  for (let at = scratch; at < end; at += 16) {
    const x = v128.load(at);
    const w = f32x4.neg(log1p4(f32x4.mul(x, f32x4.neg(x))));
    const near = f32x4.lt(w, f32x4.splat(5));
    const inner = f32x4.sub(w, f32x4.splat(2.5));
    let p = join(central(lower(inner)), central(upper(inner)));
    if (!i32x4.all_true(near)) {
      const outer = f32x4.sub(f32x4.sqrt(w), f32x4.splat(3));
      p = v128.bitselect(p, join(tail(lower(outer)), tail(upper(outer))), near);
    }
    const ends = f32x4.eq(f32x4.abs(x), f32x4.splat(1));
    p = v128.bitselect(f32x4.splat(Infinity), p, ends);
    const z = f32x4.mul(f32x4.splat(1.41421356), f32x4.mul(p, x));
    v128.store(at, f32x4.min(f32x4.splat(highest), f32x4.max(f32x4.splat(lowest), z)));
  }
}
