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

/** `(e^r - 1 - r) / r²` for `|r| <= ln(2) / 2`. */
// @ts-ignore: decorator
@inline
function expTail(r: v128): v128 {
  let p = c(1.987569150e-4);
  p = fma(p, r, c(1.3981999507e-3));
  p = fma(p, r, c(8.3334519073e-3));
  p = fma(p, r, c(4.1665795894e-2));
  p = fma(p, r, c(1.6666665459e-1));
  return fma(p, r, c(5.0000001201e-1));
}

/** `x - n ln 2`, in two steps so that nothing is lost. */
// @ts-ignore: decorator
@inline
function reduced(x: v128, n: v128): v128 {
  return fma(n, c(2.12194440e-4), fma(n, c(-0.693359375), x));
}

/** `2^n`. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** Overflows to infinity and runs out through the subnormal numbers: the scale is applied in two halves. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, c(89)), c(-104));
  const n = f32x4.nearest(f32x4.mul(x, c(1.44269504)));
  const r = reduced(x, n);
  const p = f32x4.add(fma(f32x4.mul(r, r), expTail(r), r), c(1));
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(whole, half)));
}

/** For arguments that are known to be finite and at most 0, as in a softmax: one scale is enough down to 1e-38. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  x = f32x4.pmax(x, c(-87.3));
  const n = f32x4.nearest(f32x4.mul(x, c(1.44269504)));
  const r = reduced(x, n);
  const p = f32x4.add(fma(f32x4.mul(r, r), expTail(r), r), c(1));
  return f32x4.mul(p, power2(i32x4.trunc_sat_f32x4_s(n)));
}

// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  const near = fma(f32x4.mul(x, x), expTail(x), x);
  return choose(f32x4.lt(f32x4.abs(x), c(0.34)), near, f32x4.sub(exp(x), c(1)));
}

// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  // Subnormal numbers have no leading one: they are scaled by 2^23 first.
  const tiny = f32x4.lt(x, c(1.17549435e-38));
  const y = choose(tiny, f32x4.mul(x, c(8388608)), x);
  let e = f32x4.convert_i32x4_s(
    i32x4.sub(i32x4.sub(i32x4.shr_u(y, 23), i32x4.splat(126)), v128.and(tiny, i32x4.splat(23))),
  );
  let m = v128.or(v128.and(y, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(m, c(0.707106781186547524));
  e = f32x4.sub(e, v128.and(low, c(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), c(1));
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

// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(c(1), f32x4.add(c(1), exp(f32x4.neg(x))));
}

/** An odd polynomial near 0, where `1 - 2 / (e^2x + 1)` would lose all digits. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = c(-5.70498872745e-3);
  p = fma(p, z, c(2.06390887954e-2));
  p = fma(p, z, c(-5.37397155531e-2));
  p = fma(p, z, c(1.33314422036e-1));
  p = fma(p, z, c(-3.33332819422e-1));
  const near = fma(f32x4.mul(z, x), p, x);
  const e = exp(f32x4.add(magnitude, magnitude));
  const far = f32x4.sub(c(1), f32x4.div(c(2), f32x4.add(e, c(1))));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return choose(f32x4.lt(magnitude, c(0.625)), near, v128.or(far, sign));
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

/** `log(1 + e^x)`, which is `max(x, 0) + log(1 + e^-|x|)`. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const t = exp(f32x4.neg(f32x4.abs(x)));
  return f32x4.add(f32x4.pmax(x, c(0)), log1p(t));
}
