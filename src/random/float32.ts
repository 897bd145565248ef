/*
 * The elementary functions as XLA computes them for float32 on x86 processors: the same polynomials, the same order of operations, the same
 * fused multiply-adds, hence the same bits. Coefficients are given by their bits where no short decimal number has them.
 */
const { abs, fround, sqrt } = Math;

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

/** The float32 next to `x` in the direction of `target`. */
export function nextAfter(x: number, target: number): number {
  if (Number.isNaN(x) || Number.isNaN(target)) return NaN;
  if (x === target) return x;
  if (x === 0) return target > 0 ? fromBits(1) : -fromBits(1);
  return fromBits(toBits(x) + (x > 0 === target > x ? 1 : -1));
}

function table(...bits: number[]): Float32Array {
  return new Float32Array(Int32Array.from(bits).buffer);
}

/** The polynomial with these coefficients, the highest first. */
function polynomial(x: number, coefficients: Float32Array): number {
  let p = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) p = fma(p, x, coefficients[i]);
  return p;
}

const LOG_A = table(0x3d9021bb, 0xbdebd1b8, 0x3def251a);
const LOG_B = table(0xbdfe5d4f, 0x3e11e9bf, 0xbe2aae50);
const LOG_C = table(0x3e4cceac, 0xbe7ffffc, 0x3eaaaaaa);
const [LN2_LOW, LN2_HIGH, SQRT_HALF, SMALLEST_NORMAL] = table(0xb95e8083, 0x3f318000, 0x3f3504f3, 0x00800000);

/** Natural logarithm. */
export function log(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return NaN;
  if (x === Infinity) return x;
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
  let r = fma(polynomial(z, LOG_A), z3, polynomial(z, LOG_B));
  r = fma(r, z3, polynomial(z, LOG_C));
  r = fma(r, z3, fround(e * LN2_LOW));
  return fma(e, LN2_HIGH, fround(fma(z2, -0.5, z) + r));
}

const LOG1P_LIMIT = fromBits(0x3ed413cd);
const LOG1P_D = table(0x3f800000, 0x417101ad, 0x42a6185b, 0x435dc32d, 0x439a8ca3, 0x43586d8a, 0x42707982);
const LOG1P_N = table(0x383de04b, 0x3eff40c5, 0x40d284fa, 0x41ef4b9c, 0x4273cc76, 0x426473ad, 0x41a05101);

/** Natural logarithm of `1 + x`. */
export function log1p(x: number): number {
  if (!(abs(x) < LOG1P_LIMIT)) return log(fround(x + 1));
  const x2 = fround(x * x);
  const x3 = fround(x * x2);
  const quotient = fround(polynomial(x, LOG1P_N) / polynomial(x, LOG1P_D));
  return fround(x + fma(x2, -0.5, fround(x3 * quotient)));
}

const CENTRAL = Float32Array.of(
  2.81022636e-8,
  3.43273939e-7,
  -3.5233877e-6,
  -4.39150654e-6,
  0.00021858087,
  -0.00125372503,
  -0.00417768164,
  0.246640727,
  1.50140941,
);
const TAIL = Float32Array.of(
  -0.000200214257,
  0.000100950558,
  0.00134934322,
  -0.00367342844,
  0.00573950773,
  -0.0076224613,
  0.00943887047,
  1.00167406,
  2.83297682,
);

/** Inverse error function (Giles, "Approximating the erfinv function", 2010), infinite at ±1. */
export function erfInv(x: number): number {
  if (abs(x) === 1) return x * Infinity;
  let w = -log1p(fround(x * -x));
  const central = w < 5;
  w = central ? fround(w - 2.5) : fround(fround(sqrt(w)) - 3);
  return fround(polynomial(w, central ? CENTRAL : TAIL) * x);
}

const ERF_LIMIT = fround(3.832506856900711);
const ERF_N = Float32Array.of(0.00022905065, 0.003408291, 0.050955694, 0.18520832, 1.1283791);
const ERF_D = Float32Array.of(
  -1.1791603e-7,
  2.3547966e-5,
  0.0010179626,
  0.01407047,
  0.11098505,
  0.49746925,
  1,
);

/** Error function. */
export function erf(x: number): number {
  const limited = Math.min(ERF_LIMIT, Math.max(-ERF_LIMIT, x));
  const x2 = fround(limited * limited);
  return fround(fround(limited * polynomial(x2, ERF_N)) / polynomial(x2, ERF_D));
}
