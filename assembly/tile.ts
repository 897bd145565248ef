// Register tiles: 4 rows of A times a panel of 8 columns of B.
//
// Why 4 x 8: engines have 16 vector registers; 8 accumulators, two vectors of B, one broadcast of A and temporaries
// fit, while 5 x 8 and 6 x 8 spill.
//
// The form of the two loops follows from what V8 makes of them (GFLOP/s on one machine):
// - Nothing but stores behind the loop over k. Otherwise all loads of a step are placed before its first product, and
//   spill: 29. So the sums start with what they are added to, an odd step comes first, and activations are applied to
//   what was stored.
// - Two steps at a time where there is one loop: 45 (one step: 37). V8 unrolls small loops, and nested ones up to twice
//   the size; this one is just too large. Where loops are nested it is the other way round: one step, which V8 unrolls
//   itself, makes 44, two steps 30.
//
// The first form is for the V8 of Node 20, which takes the binary without relaxed instructions; later ones spill there,
// too, unless multiply and add are one instruction. With relaxed instructions both make 50 to 55, and long products pack
// their rows for the second one.
//
// Tiles at an edge are computed whole, in scratch. Rows that are missing stand for another, columns are zeros.
import { activate, fma, loadPartial, storePartial, zeros } from './lanes';

/** Bytes of scratch that a product needs for its tiles: a row of zeros, then a tile. To be readied by {@link prepareEdge}. */
export const EDGE: usize = 192;
const TILE: usize = 64;
/** Up to here a product is short: quads run in one loop, which costs a step more time, but no call each. */
export const SHORT: i32 = 64;

/** Whether a product of `k` terms is faster with its rows packed in quads, all in one loop. */
// @ts-ignore: decorator
@inline
export function suitsQuads(k: i32): bool {
  return ASC_FEATURE_RELAXED_SIMD || k <= SHORT;
}

/** How to accumulate a sum that is a long one by itself: it is summed first, and then added. */
export const SUM_APART: i32 = 2;

export function prepareEdge(edge: usize): void {
  memory.fill(edge, 0, EDGE);
}

function takeEdge(edge: usize, from: usize, row: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++, from += row, edge += 32) {
    v128.store(edge, loadPartial(from, width));
    v128.store(edge, loadPartial(from + 16, width - 4), 16);
  }
}

function addEdge(edge: usize, to: usize, row: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++, to += row, edge += 32) {
    storePartial(to, f32x4.add(v128.load(edge), loadPartial(to, width)), width);
    storePartial(to + 16, f32x4.add(v128.load(edge, 16), loadPartial(to + 16, width - 4)), width - 4);
  }
}

function giveEdge(edge: usize, to: usize, row: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++, to += row, edge += 32) {
    storePartial(to, v128.load(edge), width);
    storePartial(to + 16, v128.load(edge, 16), width - 4);
  }
}

/** Applies an activation to a whole tile. */
function activateTile(c: usize, row: usize, activation: i32): void {
  const c1 = c + row, c2 = c1 + row, c3 = c2 + row;
  let v0 = v128.load(c), v1 = v128.load(c, 16), v2 = v128.load(c1), v3 = v128.load(c1, 16);
  let v4 = v128.load(c2), v5 = v128.load(c2, 16), v6 = v128.load(c3), v7 = v128.load(c3, 16);
  const low = zeros(), high = f32x4.splat(activation == 1 ? Infinity : 6);
  v128.store(c, f32x4.pmin(f32x4.pmax(v0, low), high));
  v128.store(c, f32x4.pmin(f32x4.pmax(v1, low), high), 16);
  v128.store(c1, f32x4.pmin(f32x4.pmax(v2, low), high));
  v128.store(c1, f32x4.pmin(f32x4.pmax(v3, low), high), 16);
  v128.store(c2, f32x4.pmin(f32x4.pmax(v4, low), high));
  v128.store(c2, f32x4.pmin(f32x4.pmax(v5, low), high), 16);
  v128.store(c3, f32x4.pmin(f32x4.pmax(v6, low), high));
  v128.store(c3, f32x4.pmin(f32x4.pmax(v7, low), high), 16);
}

/** Adds a bias to `m` rows of `n` entries: in front of a sum that starts with what is there. */
export function addBias(m: i32, n: i32, c: usize, row: usize, bias: usize): void {
  for (let i = 0; i < m; i++, c += row) {
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      storePartial(c + at, f32x4.add(loadPartial(c + at, n - j), loadPartial(bias + at, n - j)), n - j);
    }
  }
}

/** Applies an activation to `m` rows of `n` entries. */
export function activateRows(m: i32, n: i32, c: usize, row: usize, activation: i32): void {
  for (let i = 0; i < m; i++, c += row) {
    let p = c;
    let j = n;
    for (; j >= 8; j -= 8, p += 32) {
      v128.store(p, activate(v128.load(p), activation));
      v128.store(p, activate(v128.load(p, 16), activation), 16);
    }
    for (; j > 0; j -= 4, p += 16) storePartial(p, activate(loadPartial(p, j), activation), j);
  }
}

/** `c = from + a · b` for four rows whose entries lie side by side, and a packed panel. */
function rowsLoop(
  k: i32, a0: usize, a1: usize, a2: usize, a3: usize, b: usize,
  from: usize, rowFrom: usize, c: usize, rowC: usize,
): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += rowFrom;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += rowFrom;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += rowFrom;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  if (k & 1) {
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
    b += 32;
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  for (; k > 1; k -= 2) {
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
    const b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    x = v128.load_splat<f32>(a0, 4);
    c00 = fma(x, b2, c00);
    c01 = fma(x, b3, c01);
    x = v128.load_splat<f32>(a1, 4);
    c10 = fma(x, b2, c10);
    c11 = fma(x, b3, c11);
    x = v128.load_splat<f32>(a2, 4);
    c20 = fma(x, b2, c20);
    c21 = fma(x, b3, c21);
    x = v128.load_splat<f32>(a3, 4);
    c30 = fma(x, b2, c30);
    c31 = fma(x, b3, c31);
    b += 64;
    a0 += 8;
    a1 += 8;
    a2 += 8;
    a3 += 8;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += rowC;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += rowC;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += rowC;
  v128.store(c, c30);
  v128.store(c, c31, 16);
}

/** The same of rows that are packed in quads: the four entries of a step side by side. */
function quadLoop(
  k: i32, a: usize, b: usize,
  from: usize, rowFrom: usize, c: usize, rowC: usize,
): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += rowFrom;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += rowFrom;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += rowFrom;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  if (k & 1) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = fma(x, b0, c00);
    c01 = fma(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = fma(x, b0, c10);
    c11 = fma(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = fma(x, b0, c20);
    c21 = fma(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = fma(x, b0, c30);
    c31 = fma(x, b1, c31);
    b += 32;
    a += 16;
  }
  for (; k > 1; k -= 2) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = fma(x, b0, c00);
    c01 = fma(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = fma(x, b0, c10);
    c11 = fma(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = fma(x, b0, c20);
    c21 = fma(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = fma(x, b0, c30);
    c31 = fma(x, b1, c31);
    const b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    x = v128.load_splat<f32>(a, 16);
    c00 = fma(x, b2, c00);
    c01 = fma(x, b3, c01);
    x = v128.load_splat<f32>(a, 20);
    c10 = fma(x, b2, c10);
    c11 = fma(x, b3, c11);
    x = v128.load_splat<f32>(a, 24);
    c20 = fma(x, b2, c20);
    c21 = fma(x, b3, c21);
    x = v128.load_splat<f32>(a, 28);
    c30 = fma(x, b2, c30);
    c31 = fma(x, b3, c31);
    b += 64;
    a += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += rowC;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += rowC;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += rowC;
  v128.store(c, c30);
  v128.store(c, c31, 16);
}

// @ts-ignore: decorator
@inline
function clamp(v: v128, low: f32, high: f32): v128 {
  // This order of operands lets NaN through.
  return f32x4.pmin(f32x4.pmax(v, f32x4.splat(low)), f32x4.splat(high));
}

/**
 * The same for `quads` times four rows, one quad behind the other, and a B of which a step lies `stepB` bytes behind the
 * one before: for short products, and for a B that is not packed. What is stored lies between `low` and `high`, which costs
 * nothing here. Every quad starts with the same four rows of `from`, or with its own
 * when `moveFrom` is not 0.
 */
function quadsLoop(
  quads: i32, k: i32, a: usize, b: usize, stepB: usize, from: usize, rowFrom: usize, moveFrom: usize, c: usize, rowC: usize,
  low: f32, high: f32,
): void {
  for (; quads > 0; quads--) {
    let c00 = v128.load(from), c01 = v128.load(from, 16);
    let p = from + rowFrom;
    let c10 = v128.load(p), c11 = v128.load(p, 16);
    p += rowFrom;
    let c20 = v128.load(p), c21 = v128.load(p, 16);
    p += rowFrom;
    let c30 = v128.load(p), c31 = v128.load(p, 16);
    from += moveFrom;
    p = b;
    for (let i = k; i > 0; i--) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load_splat<f32>(a);
      c00 = fma(x, b0, c00);
      c01 = fma(x, b1, c01);
      x = v128.load_splat<f32>(a, 4);
      c10 = fma(x, b0, c10);
      c11 = fma(x, b1, c11);
      x = v128.load_splat<f32>(a, 8);
      c20 = fma(x, b0, c20);
      c21 = fma(x, b1, c21);
      x = v128.load_splat<f32>(a, 12);
      c30 = fma(x, b0, c30);
      c31 = fma(x, b1, c31);
      p += stepB;
      a += 16;
    }
    v128.store(c, clamp(c00, low, high));
    v128.store(c, clamp(c01, low, high), 16);
    c += rowC;
    v128.store(c, clamp(c10, low, high));
    v128.store(c, clamp(c11, low, high), 16);
    c += rowC;
    v128.store(c, clamp(c20, low, high));
    v128.store(c, clamp(c21, low, high), 16);
    c += rowC;
    v128.store(c, clamp(c30, low, high));
    v128.store(c, clamp(c31, low, high), 16);
    c += rowC;
  }
}

/**
 * `c = activation(a · b + bias)`, or of `a · b + c` when `accumulate` is not 0: `height` of four rows whose entries lie side
 * by side, and `width` columns of a packed panel.
 */
export function rowsTile(
  k: i32, a0: usize, a1: usize, a2: usize, a3: usize, b: usize,
  c: usize, rowC: usize, height: i32, width: i32, bias: usize, activation: i32, accumulate: i32, edge: usize,
): void {
  const tile = edge + TILE;
  if (accumulate == SUM_APART) {
    rowsLoop(k, a0, a1, a2, a3, b, edge, 0, tile, 32);
    addEdge(tile, c, rowC, height, width);
    if (activation) activateRows(height, width, c, rowC, activation);
    return;
  }
  const from = accumulate ? c : bias ? bias : edge, rowFrom = accumulate ? rowC : 0;
  if (height == 4 && width == 8) {
    rowsLoop(k, a0, a1, a2, a3, b, from, rowFrom, c, rowC);
    if (activation) activateTile(c, rowC, activation);
  } else {
    takeEdge(tile, from, rowFrom, height, width);
    rowsLoop(k, a0, a1, a2, a3, b, tile, 32, tile, 32);
    if (activation) activateTile(tile, 32, activation);
    giveEdge(tile, c, rowC, height, width);
  }
}

/** The same for `m` rows that are packed in quads, one behind the other, and a B with any step. */
export function quadsTile(
  m: i32, k: i32, a: usize, b: usize, stepB: usize,
  c: usize, rowC: usize, width: i32, bias: usize, activation: i32, accumulate: i32, edge: usize,
): void {
  let from = accumulate ? c : bias ? bias : edge;
  const rowFrom = accumulate ? rowC : 0;
  const apart = accumulate == SUM_APART;
  const low: f32 = activation ? 0 : -Infinity, high: f32 = activation == 2 ? 6 : Infinity;
  if (m >= 4 && width == 8 && !apart && (suitsQuads(k) || stepB != 32)) {
    quadsLoop(m >> 2, k, a, b, stepB, from, rowFrom, 4 * rowFrom, c, rowC, low, high);
    const done = m & ~3;
    a += <usize>k * <usize>done << 2;
    from += <usize>done * rowFrom;
    c += <usize>done * rowC;
    m &= 3;
  }
  const tile = edge + TILE;
  for (; m > 0; m -= 4) {
    const height = min(4, m);
    if (height == 4 && width == 8 && !apart) {
      quadLoop(k, a, b, from, rowFrom, c, rowC);
      if (activation) activateTile(c, rowC, activation);
    } else {
      if (apart) memory.fill(tile, 0, EDGE - TILE);
      else takeEdge(tile, from, rowFrom, height, width);
      if (stepB == 32) quadLoop(k, a, b, tile, 32, tile, 32);
      else quadsLoop(1, k, a, b, stepB, tile, 32, 0, tile, 32, -Infinity, Infinity);
      if (apart) addEdge(tile, c, rowC, height, width);
      else giveEdge(tile, c, rowC, height, width);
      if (activation) activateRows(height, width, c, rowC, activation);
    }
    a += <usize>k << 4;
    from += 4 * rowFrom;
    c += 4 * rowC;
  }
}
