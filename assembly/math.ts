// Elementary functions of four floats at once, good to a few units in the last place, NaN and infinities included.
import { fma } from './lanes';

/** `a` where the mask is set, `b` elsewhere. */
// @ts-ignore: decorator
@inline
export function choose(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

// @ts-ignore: decorator
@inline
function c(value: f32): v128 {
  return f32x4.splat(value);
}

/** `(e^r - 1) / r` for `|r| <= ln(2) / 2`, to half a unit in the last place of `e^r`. */
// @ts-ignore: decorator
@inline
function expQuotient(r: v128): v128 {
  let p = c(1.3843399938195944e-3);
  p = fma(p, r, c(8.374338038265705e-3));
  p = fma(p, r, c(4.1668012738227844e-2));
  p = fma(p, r, c(1.6666428744792938e-1));
  p = fma(p, r, c(4.999999403953552e-1));
  return fma(p, r, c(1));
}

/** `x - n ln 2`, in two steps so that nothing is lost. */
// @ts-ignore: decorator
@inline
function reduced(x: v128, n: v128): v128 {
  return fma(n, c(2.12194440e-4), fma(n, c(-0.693359375), x));
}

/**
 * Overflows to infinity and runs out through the subnormal numbers: the scale is applied in two halves. Adding 1.5 * 2^23 rounds to
 * an integer, which then stands in the last bits of the sum: conversions are slow in engines.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, c(89)), c(-104));
  const z = fma(x, c(1.44269504), c(12582912));
  const r = reduced(x, f32x4.sub(z, c(12582912)));
  const whole = i32x4.sub(z, i32x4.splat(0x4b400000));
  const half = i32x4.shr_s(whole, 1);
  const scale = i32x4.shl(i32x4.add(half, i32x4.splat(127)), 23);
  const rest = i32x4.shl(i32x4.add(i32x4.sub(whole, half), i32x4.splat(127)), 23);
  return f32x4.mul(fma(f32x4.mul(r, scale), expQuotient(r), scale), rest);
}

/** `x / ln 2` rounded, with the bias of exponents added, in the last bits of a large number: shifted by 23 it is the power of two. */
// @ts-ignore: decorator
@inline
export function rounded(x: v128): v128 {
  return fma(x, c(1.44269504), c(12583039));
}

/** What {@link rounded} leaves of `x`. */
// @ts-ignore: decorator
@inline
export function rest(x: v128, z: v128): v128 {
  return reduced(x, f32x4.sub(z, c(12583039)));
}

/** `(e^r - 1) / r` for `|r| <= ln(2) / 2`, to 1.8e-7. */
// @ts-ignore: decorator
@inline
export function quotient(r: v128): v128 {
  let p = c(8.290234953165054e-3);
  p = fma(p, r, c(4.1898392140865326e-2));
  p = fma(p, r, c(1.6667640209197998e-1));
  p = fma(p, r, c(4.9999144673347473e-1));
  return fma(p, r, c(9.999997019767761e-1));
}

/** For arguments of at most 0, as in a softmax: to 1.8e-7 of its value, and 0 below -87.7, where the scale is 0. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  x = f32x4.pmax(x, c(-88));
  const z = rounded(x);
  const scale = i32x4.shl(z, 23);
  const r = rest(x, z);
  return fma(f32x4.mul(r, scale), quotient(r), scale);
}

// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  const near = f32x4.mul(x, expQuotient(x));
  return choose(f32x4.lt(f32x4.abs(x), c(0.34)), near, f32x4.sub(exp(x), c(1)));
}

// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  // Subnormal numbers have no leading one: they are scaled by 2^23 first.
  const tiny = f32x4.lt(x, c(1.17549435e-38));
  const y = choose(tiny, f32x4.mul(x, c(8388608)), x);
  // Whole powers of two between √(1/2) and √2 on either side of a whole one.
  const whole = i32x4.shr_s(i32x4.sub(y, i32x4.splat(0x3f3504f3)), 23);
  const e = f32x4.convert_i32x4_s(i32x4.sub(whole, v128.and(tiny, i32x4.splat(23))));
  const m = f32x4.sub(i32x4.sub(y, i32x4.shl(whole, 23)), c(1));
  const z = f32x4.mul(m, m);
  let p = c(7.0376836292e-2);
  p = fma(p, m, c(-1.1514610310e-1));
  p = fma(p, m, c(1.1676998740e-1));
  p = fma(p, m, c(-1.2420140846e-1));
  p = fma(p, m, c(1.4249322787e-1));
  p = fma(p, m, c(-1.6668057665e-1));
  p = fma(p, m, c(2.0000714765e-1));
  p = fma(p, m, c(-2.4999993993e-1));
  p = fma(p, m, c(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = fma(e, c(-2.12194440e-4), p);
  p = fma(z, c(-0.5), p);
  let result = fma(e, c(0.693359375), f32x4.add(m, p));
  result = choose(f32x4.eq(x, c(0)), c(-Infinity), result);
  result = choose(f32x4.eq(x, c(Infinity)), x, result);
  // Negative numbers and NaN.
  return choose(f32x4.ge(x, c(0)), result, c(NaN));
}

// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, c(1));
  const direct = log(u);
  // What the addition rounded away comes back to first order.
  const lost = f32x4.sub(x, f32x4.sub(u, c(1)));
  const ends = v128.or(f32x4.eq(x, c(Infinity)), f32x4.eq(u, c(0)));
  return choose(ends, direct, f32x4.add(direct, f32x4.div(lost, u)));
}

/** Of the magnitude, so that the exponential is at most 1 and nothing cancels on either side. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = expOfNegative(v128.or(x, i32x4.splat(0x80000000)));
  return f32x4.div(choose(f32x4.lt(x, c(0)), e, c(1)), f32x4.add(c(1), e));
}

/** `e^-2|x| - 1`, to a few units in the last place near 0, too. */
// @ts-ignore: decorator
@inline
export function expm1OfMinusTwice(x: v128): v128 {
  x = f32x4.pmax(f32x4.mul(f32x4.abs(x), c(-2)), c(-87));
  const z = rounded(x);
  const scale = i32x4.shl(z, 23);
  const r = rest(x, z);
  return fma(f32x4.mul(r, scale), expQuotient(r), f32x4.sub(scale, c(1)));
}

/** `-m / (2 + m)` of `m = e^-2|x| - 1`, with the sign of `x`. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const m = expm1OfMinusTwice(x);
  return choose(i32x4.splat(0x80000000), x, f32x4.div(m, f32x4.add(c(2), m)));
}

/** A rational function on [-4, 4]; beyond, the result is 1 to the last digit. */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const y = f32x4.pmax(f32x4.pmin(x, c(4)), c(-4));
  const z = f32x4.mul(y, y);
  let p = c(-2.72614225801306e-10);
  p = fma(p, z, c(2.77068142495902e-8));
  p = fma(p, z, c(-2.10102402082508e-6));
  p = fma(p, z, c(-5.69250639462346e-5));
  p = fma(p, z, c(-7.34990630326855e-4));
  p = fma(p, z, c(-2.95459980854025e-3));
  p = fma(p, z, c(-1.60960333262415e-2));
  let q = c(-1.45660718464996e-5);
  q = fma(q, z, c(-2.13374055278905e-4));
  q = fma(q, z, c(-1.68282697438203e-3));
  q = fma(q, z, c(-7.37332916720468e-3));
  q = fma(q, z, c(-1.42647390514189e-2));
  return f32x4.div(f32x4.mul(y, p), q);
}

/** `log(1 + e^x)`, which is `max(x, 0) + log(1 + t)` of `t = e^-|x|`: twice the inverse tanh of `t / (2 + t)`. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const t = expOfNegative(v128.or(x, i32x4.splat(0x80000000)));
  const s = f32x4.div(t, f32x4.add(c(2), t));
  const w = f32x4.mul(s, s);
  let p = c(0.2817833423614502);
  p = fma(p, w, c(0.27960601449012756));
  p = fma(p, w, c(0.40024909377098083));
  p = fma(p, w, c(0.6666631698608398));
  p = fma(p, w, c(2));
  return fma(s, p, f32x4.pmax(x, c(0)));
}
