// Register tiles: 1 to 4 rows of A times a panel of 8 columns of B.
//
// Why 4 x 8: engines have 16 vector registers; 8 accumulators, two vectors of B, one broadcast of A and temporaries
// fit, while 5 x 8 and 6 x 8 spill (measured: 20-26 instead of 38-42 GFLOP/s).
//
// The inner dimension has two levels, `outer` times `inner` steps: a row of A is walked by `innerStep` bytes, and by
// `outerStep` from the start of one inner run to the next. One level is a matrix product; two make a convolution
// without im2col, forward (kernel rows, then one row of the window, contiguous in NHWC) and for the filter gradient
// (output rows, then output columns). B moves by `stepB` bytes at each step: 32 in a packed panel, the length of a
// row when B is read where it lies.
import { activate, fma, loadPartial, storePartial, zeros } from './lanes';

/** Writes one row of a tile, `width` of 8 columns: optionally added to what is there, plus bias, then activated. */
// @ts-ignore: decorator
@inline
function finishRow(c: usize, v0: v128, v1: v128, width: i32, bias: usize, activation: i32, accumulate: i32): void {
  if (width == 8) {
    if (accumulate) {
      v0 = f32x4.add(v0, v128.load(c));
      v1 = f32x4.add(v1, v128.load(c, 16));
    }
    if (bias) {
      v0 = f32x4.add(v0, v128.load(bias));
      v1 = f32x4.add(v1, v128.load(bias, 16));
    }
    v128.store(c, activate(v0, activation));
    v128.store(c, activate(v1, activation), 16);
  } else {
    finishEdge(c, v0, v1, width, bias, activation, accumulate);
  }
}

function finishEdge(c: usize, v0: v128, v1: v128, width: i32, bias: usize, activation: i32, accumulate: i32): void {
  if (accumulate) {
    v0 = f32x4.add(v0, loadPartial(c, width));
    v1 = f32x4.add(v1, loadPartial(c + 16, width - 4));
  }
  if (bias) {
    v0 = f32x4.add(v0, loadPartial(bias, width));
    v1 = f32x4.add(v1, loadPartial(bias + 16, width - 4));
  }
  storePartial(c, activate(v0, activation), width);
  storePartial(c + 16, activate(v1, activation), width - 4);
}

export function tile4(
  outer: i32, outerStep: usize, inner: i32, innerStep: usize,
  a0: usize, a1: usize, a2: usize, a3: usize, b: usize, stepB: usize,
  c: usize, rowC: usize, width: i32, bias: usize, activation: i32, accumulate: i32,
): void {
  let c00 = zeros(), c01 = zeros(), c10 = zeros(), c11 = zeros();
  let c20 = zeros(), c21 = zeros(), c30 = zeros(), c31 = zeros();
  const skip = outerStep - <usize>inner * innerStep;
  for (let o = outer; o > 0; o--) {
    for (let i = inner; i > 0; i--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load_splat<f32>(a0);
      c00 = fma(x, b0, c00);
      c01 = fma(x, b1, c01);
      x = v128.load_splat<f32>(a1);
      c10 = fma(x, b0, c10);
      c11 = fma(x, b1, c11);
      x = v128.load_splat<f32>(a2);
      c20 = fma(x, b0, c20);
      c21 = fma(x, b1, c21);
      x = v128.load_splat<f32>(a3);
      c30 = fma(x, b0, c30);
      c31 = fma(x, b1, c31);
      b += stepB;
      a0 += innerStep;
      a1 += innerStep;
      a2 += innerStep;
      a3 += innerStep;
    }
    a0 += skip;
    a1 += skip;
    a2 += skip;
    a3 += skip;
  }
  finishRow(c, c00, c01, width, bias, activation, accumulate);
  finishRow(c + rowC, c10, c11, width, bias, activation, accumulate);
  finishRow(c + 2 * rowC, c20, c21, width, bias, activation, accumulate);
  finishRow(c + 3 * rowC, c30, c31, width, bias, activation, accumulate);
}

export function tile3(
  outer: i32, outerStep: usize, inner: i32, innerStep: usize,
  a0: usize, a1: usize, a2: usize, b: usize, stepB: usize,
  c: usize, rowC: usize, width: i32, bias: usize, activation: i32, accumulate: i32,
): void {
  let c00 = zeros(), c01 = zeros(), c10 = zeros(), c11 = zeros(), c20 = zeros(), c21 = zeros();
  const skip = outerStep - <usize>inner * innerStep;
  for (let o = outer; o > 0; o--) {
    for (let i = inner; i > 0; i--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load_splat<f32>(a0);
      c00 = fma(x, b0, c00);
      c01 = fma(x, b1, c01);
      x = v128.load_splat<f32>(a1);
      c10 = fma(x, b0, c10);
      c11 = fma(x, b1, c11);
      x = v128.load_splat<f32>(a2);
      c20 = fma(x, b0, c20);
      c21 = fma(x, b1, c21);
      b += stepB;
      a0 += innerStep;
      a1 += innerStep;
      a2 += innerStep;
    }
    a0 += skip;
    a1 += skip;
    a2 += skip;
  }
  finishRow(c, c00, c01, width, bias, activation, accumulate);
  finishRow(c + rowC, c10, c11, width, bias, activation, accumulate);
  finishRow(c + 2 * rowC, c20, c21, width, bias, activation, accumulate);
}

export function tile2(
  outer: i32, outerStep: usize, inner: i32, innerStep: usize,
  a0: usize, a1: usize, b: usize, stepB: usize,
  c: usize, rowC: usize, width: i32, bias: usize, activation: i32, accumulate: i32,
): void {
  let c00 = zeros(), c01 = zeros(), c10 = zeros(), c11 = zeros();
  const skip = outerStep - <usize>inner * innerStep;
  for (let o = outer; o > 0; o--) {
    for (let i = inner; i > 0; i--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load_splat<f32>(a0);
      c00 = fma(x, b0, c00);
      c01 = fma(x, b1, c01);
      x = v128.load_splat<f32>(a1);
      c10 = fma(x, b0, c10);
      c11 = fma(x, b1, c11);
      b += stepB;
      a0 += innerStep;
      a1 += innerStep;
    }
    a0 += skip;
    a1 += skip;
  }
  finishRow(c, c00, c01, width, bias, activation, accumulate);
  finishRow(c + rowC, c10, c11, width, bias, activation, accumulate);
}

export function tile1(
  outer: i32, outerStep: usize, inner: i32, innerStep: usize,
  a0: usize, b: usize, stepB: usize,
  c: usize, width: i32, bias: usize, activation: i32, accumulate: i32,
): void {
  let c0 = zeros(), c1 = zeros();
  const skip = outerStep - <usize>inner * innerStep;
  for (let o = outer; o > 0; o--) {
    for (let i = inner; i > 0; i--) {
      const x = v128.load_splat<f32>(a0);
      c0 = fma(x, v128.load(b), c0);
      c1 = fma(x, v128.load(b, 16), c1);
      b += stepB;
      a0 += innerStep;
    }
    a0 += skip;
  }
  finishRow(c, c0, c1, width, bias, activation, accumulate);
}

/**
 * How many rows the next tile takes when `left` remain: 4, but the last five or six are split 3 + 2 and 3 + 3 and nine
 * as 3 + 3 + 3, since a tile of one row keeps only two chains of additions busy.
 */
// @ts-ignore: decorator
@inline
export function tileRows(left: i32): i32 {
  if (left == 9 || left == 6 || left == 5) return 3;
  return left < 4 ? left : 4;
}
