// Helpers on vectors of four floats, all inlined.

/** `a * b + c`, in one rounding where the relaxed instructions exist. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function zeros(): v128 {
  return f32x4.splat(0);
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumOfLanes(v: v128): f32 {
  const w = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(w, 0) + f32x4.extract_lane(w, 1);
}

/** The first `n` floats at `p`, zeros behind them: never reads past them, so a tensor may end where the heap ends. */
// @ts-ignore: decorator
@inline
export function loadPartial(p: usize, n: i32): v128 {
  return n >= 4 ? v128.load(p) : loadEdge(p, n);
}

function loadEdge(p: usize, n: i32): v128 {
  let v = zeros();
  if (n > 0) v = v128.load_lane<f32>(p, v, 0);
  if (n > 1) v = v128.load_lane<f32>(p, v, 1, 4);
  if (n > 2) v = v128.load_lane<f32>(p, v, 2, 8);
  return v;
}

/** Stores the first `n` lanes of `v`. */
// @ts-ignore: decorator
@inline
export function storePartial(p: usize, v: v128, n: i32): void {
  if (n >= 4) v128.store(p, v);
  else storeEdge(p, v, n);
}

function storeEdge(p: usize, v: v128, n: i32): void {
  if (n > 0) v128.store_lane<f32>(p, v, 0);
  if (n > 1) v128.store_lane<f32>(p, v, 1, 4);
  if (n > 2) v128.store_lane<f32>(p, v, 2, 8);
}

/** 0 linear, 1 relu, 2 relu6. The operand order of `pmax` lets NaN through. */
// @ts-ignore: decorator
@inline
export function activate(v: v128, activation: i32): v128 {
  if (activation == 0) return v;
  const positive = f32x4.pmax(v, zeros());
  return activation == 1 ? positive : f32x4.pmin(positive, f32x4.splat(6));
}

/** The bounds that an activation keeps values between: with them a loop over tiles has no branches. For {@link bounded}. */
// @ts-ignore: decorator
@inline
export function lowerBound(activation: i32): v128 {
  return f32x4.splat(activation == 0 ? -Infinity : 0);
}

// @ts-ignore: decorator
@inline
export function upperBound(activation: i32): v128 {
  return f32x4.splat(activation == 2 ? 6 : Infinity);
}

/** `v` between two bounds; NaN stays. */
// @ts-ignore: decorator
@inline
export function bounded(v: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(v, low), high);
}
