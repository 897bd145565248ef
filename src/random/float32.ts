/*
 * The elementary functions as XLA computes them for float32 on x86 processors: the same polynomials, the same order of operations, the same
 * fused multiply-adds, hence the same bits.
 */
import { bytesOf } from './base64.js';

/** `Math.fround`. */
export const { fround } = Math;
const { abs, sqrt } = Math;

const float = new Float32Array(1);
const word = new Int32Array(float.buffer);

/** The float32 with the given bits. */
export function fromBits(bits: number): number {
  word[0] = bits;
  return float[0];
}

/** The bits of a float32 as a signed integer. */
function toBits(x: number): number {
  float[0] = x;
  return word[0];
}

/**
 * `a · b + c` with one rounding, for float32 arguments: in float64 the product is exact and the sum is rounded so finely that
 * rounding it again changes the result in about one of 2^29 cases.
 */
export function fma(a: number, b: number, c: number): number {
  return fround(a * b + c);
}

/** The float32 next to `x` in the direction of `target`, a number. */
export function nextAfter(x: number, target: number): number {
  if (x === target) return x;
  const up = target > x;
  if (x === 0) return up ? fromBits(1) : -fromBits(1);
  return fromBits(toBits(x) + (x > 0 === up ? 1 : -1));
}

/** All coefficients as the bytes of float32 numbers: in digits they would weigh twice as much in a page. A test spells them out. @internal */
export const coefficients = new Float32Array(
  bytesOf(
    'uyGQPbjR670aJe89T13+vb/pET5Qriq+rM5MPvz/f76qqqo+AACAP60BcUFbGKZCLcNdQ6OMmkOKbVhDgnlwQkvgPTjFQP8++oTS' +
      'QJxL70F2zHNCrXNkQgFRoEGIZfEyNku4NFdzbLbBWpO22zJlOQhUpLrv5Ii7Y498Pi8uwD+b8FG5a7XTOHLcsDrnvXC7exK8O9fF' +
      '+bt+pRo82zaAP35PNUBRLXA5ol1fO+u2UD1Apz0+um6QPwY5/bPfiMU3KG2FOtSHZjwhTOM9SrT+PgAAgD+DgF65AIAxP/MENT/N' +
      'E9Q+y0d1QA==',
  ).buffer,
);
const [LN2_LOW, LN2_HIGH, SQRT_HALF, LOG1P_LIMIT, ERF_LIMIT] = coefficients.subarray(53);
const SMALLEST_NORMAL = 2 ** -126;

/** The polynomial whose coefficients stand from `start` to `end`, the highest first. */
function polynomial(x: number, start: number, end: number): number {
  let p = coefficients[start];
  while (++start < end) p = fma(p, x, coefficients[start]);
  return p;
}

/** Natural logarithm. */
export function log(x: number): number {
  // Where there is nothing to round, also for NaN.
  if (!(x > 0 && x < Infinity)) return Math.log(x);
  const bits = toBits(x > SMALLEST_NORMAL ? x : SMALLEST_NORMAL);
  let e = (bits >>> 23) - 126;
  const m = fromBits((bits & 0x007fffff) | 0x3f000000);
  let z = fround(m - 1);
  if (m < SQRT_HALF) {
    e -= 1;
    z = fround(z + m);
  }
  const z2 = fround(z * z);
  const z3 = fround(z2 * z);
  let r = fma(polynomial(z, 0, 3), z3, polynomial(z, 3, 6));
  r = fma(r, z3, polynomial(z, 6, 9));
  r = fma(r, z3, fround(e * LN2_LOW));
  return fma(e, LN2_HIGH, fround(fma(z2, -0.5, z) + r));
}

/** Natural logarithm of `1 + x`. */
export function log1p(x: number): number {
  if (!(abs(x) < LOG1P_LIMIT)) return log(fround(x + 1));
  const x2 = fround(x * x);
  const x3 = fround(x * x2);
  const quotient = fround(polynomial(x, 16, 23) / polynomial(x, 9, 16));
  return fround(x + fma(x2, -0.5, fround(x3 * quotient)));
}

/** Inverse error function (Giles, "Approximating the erfinv function", 2010), infinite at ±1. */
export function erfInv(x: number): number {
  if (abs(x) === 1) return x * Infinity;
  let w = -log1p(fround(x * -x));
  const central = w < 5;
  w = central ? fround(w - 2.5) : fround(fround(sqrt(w)) - 3);
  return fround((central ? polynomial(w, 23, 32) : polynomial(w, 32, 41)) * x);
}

/** Error function. */
export function erf(x: number): number {
  const limited = Math.min(ERF_LIMIT, Math.max(-ERF_LIMIT, x));
  const x2 = fround(limited * limited);
  return fround(fround(limited * polynomial(x2, 41, 46)) / polynomial(x2, 46, 53));
}
