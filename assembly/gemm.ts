// Matrix products of any strides. Strides are given in elements; pointers and everything inside in bytes.
import { activate, fma, loadPartial, storePartial, sumOfLanes, zeros } from './lanes';
import { packB, packQuads } from './pack';
import { activateRows, addBias, EDGE, prepareEdge, quadsTile, rowsTile } from './tile';

/** Depth of a block: a panel of B (32 bytes a step) then takes 24 kB of the first-level cache. */
const DEPTH: i32 = 768;
/** Columns of a packed block of B: bounds the scratch at 3 MB. */
const COLUMNS: i32 = 1024;
/** Bytes of A that are used again for each panel, to stay in the second-level cache. */
const BLOCK_A: i32 = 192 * 1024;
/** So few rows are multiplied one by one: a tile of fewer than four takes as long as one of four. */
const SINGLE: i32 = 2;
/** Up to here B is read where it lies: packing would cost as much as the product. */
const DIRECT_ROWS: i32 = 8;

// @ts-ignore: decorator
@inline
function roundUp(value: i32, multiple: i32): i32 {
  return ((value + multiple - 1) / multiple) * multiple;
}

/** Length of the blocks into which `k` is cut, all nearly equal. */
// @ts-ignore: decorator
@inline
function depthOf(k: i32): i32 {
  const blocks = (k + DEPTH - 1) / DEPTH;
  return (k + blocks - 1) / blocks;
}

// @ts-ignore: decorator
@inline
function rowsOf(m: i32, depth: i32): i32 {
  return min(m, max(32, (BLOCK_A / (4 * depth)) & ~3));
}

/** Bytes of scratch that {@link gemm} needs. */
export function gemmScratch(m: i32, n: i32, k: i32): i32 {
  if (k == 0) return 0;
  const depth = depthOf(k);
  return <i32>EDGE + 4 * depth * (roundUp(min(n, COLUMNS), 8) + roundUp(rowsOf(m, depth), 4));
}

/** `c[m, n] = activation(bias)`, the product over nothing. */
function fillRows(m: i32, n: i32, c: usize, row: usize, bias: usize, activation: i32): void {
  for (let i = 0; i < m; i++, c += row) {
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      storePartial(c + at, activate(bias ? loadPartial(bias + at, n - j) : zeros(), activation), n - j);
    }
  }
}

/**
 * `c[m, n] = activation(a[m, k] · b[k, n] + bias[n])`, or added to `c` before bias and activation when `accumulate` is 1.
 * Rows of `c` are contiguous and `rowC` elements apart. `scratch`: {@link gemmScratch} bytes.
 */
export function gemm(
  m: i32, n: i32, k: i32, a: usize, rowStrideA: i32, columnStrideA: i32, b: usize, rowStrideB: i32, columnStrideB: i32,
  c: usize, strideC: i32, bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  const rowC = <usize>strideC << 2;
  if (k == 0) {
    if (!accumulate) fillRows(m, n, c, rowC, bias, activation);
    return;
  }
  if (m <= SINGLE && columnStrideB == 1 && n >= 4) {
    const large = n >= 32 && k <= LONG && n >= LARGE / k;
    for (let i = 0; i < m; i++) {
      const x = a + (<usize>(i * rowStrideA) << 2), y = c + <usize>i * rowC;
      if (large) gemvLarge(n, k, x, columnStrideA, b, rowStrideB, y, bias, activation, accumulate);
      else gemv(n, k, x, columnStrideA, b, rowStrideB, y, bias, activation, accumulate);
    }
    return;
  }
  if (m == 1 && rowStrideB == 1 && columnStrideA == 1) {
    rowDots(n, k, a, b, columnStrideB, c, 1, bias, 1, activation, accumulate);
    return;
  }
  if (n == 1 && columnStrideA == 1 && rowStrideB == 1) {
    rowDots(m, k, b, a, rowStrideA, c, strideC, bias, 0, activation, accumulate);
    return;
  }
  blocks(m, n, k, a, rowStrideA, columnStrideA, b, rowStrideB, columnStrideB, 0, c, strideC, bias, activation, accumulate, scratch);
}

/** The same with a B that {@link packB} packed whole; for more than one row. */
export function gemmPacked(
  m: i32, n: i32, k: i32, a: usize, rowStrideA: i32, columnStrideA: i32, packed: usize,
  c: usize, strideC: i32, bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  blocks(m, n, k, a, rowStrideA, columnStrideA, 0, 0, 0, packed, c, strideC, bias, activation, accumulate, scratch);
}

function blocks(
  m: i32, n: i32, k: i32, a: usize, rowStrideA: i32, columnStrideA: i32, b: usize, rowStrideB: i32, columnStrideB: i32,
  packed: usize, c: usize, strideC: i32, bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  const rowC = <usize>strideC << 2;
  const rowA = <usize>rowStrideA << 2, columnA = <usize>columnStrideA << 2;
  const rowB = <usize>rowStrideB << 2, columnB = <usize>columnStrideB << 2;
  const depth = depthOf(k);
  const rows = rowsOf(m, depth);
  const edge = scratch;
  prepareEdge(edge);
  scratch += EDGE;
  if (accumulate && bias) {
    addBias(m, n, c, rowC, bias);
    bias = 0;
  }
  const direct = !packed && m <= DIRECT_ROWS && columnStrideB == 1;
  const packA = direct || columnStrideA != 1;
  const quads = scratch + 4 * <usize>depth * <usize>roundUp(min(n, COLUMNS), 8);
  for (let j0 = 0; j0 < n; j0 += COLUMNS) {
    const columns = min(COLUMNS, n - j0);
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      const last = k0 + steps == k;
      const add = accumulate | i32(k0 > 0);
      const blockB = b + <usize>k0 * rowB + <usize>j0 * columnB;
      if (!direct && !packed) packB(steps, columns, blockB, rowStrideB, columnStrideB, scratch);
      for (let i0 = 0; i0 < m; i0 += rows) {
        const height = min(rows, m - i0);
        let blockA = a + <usize>i0 * rowA + <usize>k0 * columnA;
        if (packA) {
          packQuads(height, steps, blockA, rowA, columnA, quads);
          blockA = quads;
        }
        for (let j = 0; j < columns; j += 8) {
          const width = min(8, columns - j);
          let panel = scratch + 4 * <usize>steps * <usize>j, stepB: usize = 32;
          if (packed) panel = packed + 4 * (<usize>k * <usize>(j0 + j) + (<usize>k0 << 3));
          if (direct) {
            panel = blockB + (<usize>j << 2);
            if (width == 8) stepB = rowB;
            else {
              packB(steps, width, panel, rowStrideB, 1, scratch);
              panel = scratch;
            }
          }
          const biasHere = bias ? bias + (<usize>(j0 + j) << 2) : 0;
          const corner = c + <usize>i0 * rowC + (<usize>(j0 + j) << 2);
          if (packA) quadsTile(height, steps, blockA, panel, stepB, corner, rowC, width, biasHere, add, edge);
          else rowPanel(height, steps, blockA, rowA, panel, corner, rowC, width, biasHere, last ? activation : 0, add, edge);
          if (packA && last && activation) activateRows(height, width, corner, rowC, activation);
        }
      }
    }
  }
}

/** All rows of a block of A times one panel. */
function rowPanel(
  m: i32, k: i32, a: usize, rowA: usize, b: usize, c: usize, rowC: usize,
  width: i32, bias: usize, activation: i32, accumulate: i32, edge: usize,
): void {
  for (let i = 0; i < m; i += 4) {
    const height = min(4, m - i);
    const a1 = height > 1 ? a + rowA : a, a2 = height > 2 ? a + 2 * rowA : a, a3 = height > 3 ? a + 3 * rowA : a;
    rowsTile(k, a, a1, a2, a3, b, c, rowC, height, width, bias, activation, accumulate, edge);
    a += 4 * rowA;
    c += 4 * rowC;
  }
}

/** From here on B does not stay in the second-level cache, and is read in the order in which it lies. */
const LARGE: i32 = 64 * 1024;
/** Up to here sums in single precision are as good as those of {@link gemv}. */
const LONG: i32 = 32 * 1024;

/** One row times a large matrix: four rows of B at a time are added to the whole result. */
function gemvLarge(
  n: i32, k: i32, x: usize, strideX: i32, b: usize, rowStride: i32,
  y: usize, bias: usize, activation: i32, accumulate: i32,
): void {
  const step = <usize>strideX << 2;
  const row = <usize>rowStride << 2;
  if (!accumulate) memory.fill(y, 0, <usize>n << 2);
  const end = y + (<usize>(n & ~7) << 2);
  const left = n & 7;
  let i = k;
  for (; i >= 4; i -= 4) {
    const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x + step);
    const x2 = v128.load_splat<f32>(x + 2 * step), x3 = v128.load_splat<f32>(x + 3 * step);
    let p0 = b, p1 = b + row, p2 = b + 2 * row, p3 = b + 3 * row, q = y;
    while (q < end) {
      v128.store(q, fma(x3, v128.load(p3), fma(x2, v128.load(p2), fma(x1, v128.load(p1), fma(x0, v128.load(p0), v128.load(q))))));
      v128.store(
        q,
        fma(x3, v128.load(p3, 16), fma(x2, v128.load(p2, 16), fma(x1, v128.load(p1, 16), fma(x0, v128.load(p0, 16), v128.load(q, 16))))),
        16,
      );
      p0 += 32;
      p1 += 32;
      p2 += 32;
      p3 += 32;
      q += 32;
    }
    for (let j = left; j > 0; j -= 4, p0 += 16, p1 += 16, p2 += 16, p3 += 16, q += 16) {
      const sum = fma(x1, loadPartial(p1, j), fma(x0, loadPartial(p0, j), loadPartial(q, j)));
      storePartial(q, fma(x3, loadPartial(p3, j), fma(x2, loadPartial(p2, j), sum)), j);
    }
    x += 4 * step;
    b += 4 * row;
  }
  for (; i > 0; i--, x += step, b += row) {
    const x0 = v128.load_splat<f32>(x);
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      storePartial(y + at, fma(x0, loadPartial(b + at, n - j), loadPartial(y + at, n - j)), n - j);
    }
  }
  if (!bias && !activation) return;
  for (let j = 0; j < n; j += 4) {
    const at = <usize>j << 2;
    let sum = loadPartial(y + at, n - j);
    if (bias) sum = f32x4.add(sum, loadPartial(bias + at, n - j));
    storePartial(y + at, activate(sum, activation), n - j);
  }
}

/** One row times a matrix whose rows are contiguous: streams B once, 32 columns at a time, without packing. */
function gemv(
  n: i32, k: i32, x: usize, strideX: i32, b: usize, rowStride: i32,
  y: usize, bias: usize, activation: i32, accumulate: i32,
): void {
  const step = <usize>strideX << 2;
  const row = <usize>rowStride << 2;
  // A long product is added up in blocks, for the sake of its rounding.
  const depth = min(k, 4096);
  for (let k0 = 0; k0 < k; k0 += depth) {
    const steps = min(depth, k - k0);
    const last = k0 + steps == k;
    const add = accumulate | i32(k0 > 0);
    const biasHere = last ? bias : 0;
    const activationHere = last ? activation : 0;
    const from = x + <usize>k0 * step;
    const block = b + <usize>k0 * row;
    let j = 0;
    for (; j + 32 <= n; j += 32) {
      let c0 = zeros(), c1 = zeros(), c2 = zeros(), c3 = zeros(), c4 = zeros(), c5 = zeros(), c6 = zeros(), c7 = zeros();
      let a = from, p = block + (<usize>j << 2);
      for (let i = steps; i > 0; i--) {
        const v = v128.load_splat<f32>(a);
        c0 = fma(v, v128.load(p), c0);
        c1 = fma(v, v128.load(p, 16), c1);
        c2 = fma(v, v128.load(p, 32), c2);
        c3 = fma(v, v128.load(p, 48), c3);
        c4 = fma(v, v128.load(p, 64), c4);
        c5 = fma(v, v128.load(p, 80), c5);
        c6 = fma(v, v128.load(p, 96), c6);
        c7 = fma(v, v128.load(p, 112), c7);
        a += step;
        p += row;
      }
      const to = y + (<usize>j << 2);
      const from2 = biasHere ? biasHere + (<usize>j << 2) : 0;
      finish4(to, c0, from2, activationHere, add);
      finish4(to + 16, c1, from2 ? from2 + 16 : 0, activationHere, add);
      finish4(to + 32, c2, from2 ? from2 + 32 : 0, activationHere, add);
      finish4(to + 48, c3, from2 ? from2 + 48 : 0, activationHere, add);
      finish4(to + 64, c4, from2 ? from2 + 64 : 0, activationHere, add);
      finish4(to + 80, c5, from2 ? from2 + 80 : 0, activationHere, add);
      finish4(to + 96, c6, from2 ? from2 + 96 : 0, activationHere, add);
      finish4(to + 112, c7, from2 ? from2 + 112 : 0, activationHere, add);
    }
    for (; j < n; j += 4) {
      // The last columns are done again with the three before them rather than one by one.
      if (j + 4 > n && !add) j = n - 4;
      const width = min(4, n - j);
      let even = zeros(), odd = zeros(), a = from, p = block + (<usize>j << 2);
      let i = steps;
      if (width == 4) {
        for (; i > 1; i -= 2) {
          even = fma(v128.load_splat<f32>(a), v128.load(p), even);
          odd = fma(v128.load_splat<f32>(a + step), v128.load(p + row), odd);
          a += 2 * step;
          p += 2 * row;
        }
      }
      for (; i > 0; i--) {
        even = fma(v128.load_splat<f32>(a), loadPartial(p, width), even);
        a += step;
        p += row;
      }
      let sum = f32x4.add(even, odd);
      const to = y + (<usize>j << 2);
      if (add) sum = f32x4.add(sum, loadPartial(to, width));
      if (biasHere) sum = f32x4.add(sum, loadPartial(biasHere + (<usize>j << 2), width));
      storePartial(to, activate(sum, activationHere), width);
    }
  }
}

// @ts-ignore: decorator
@inline
function finish4(c: usize, v: v128, bias: usize, activation: i32, accumulate: i32): void {
  if (accumulate) v = f32x4.add(v, v128.load(c));
  if (bias) v = f32x4.add(v, v128.load(bias));
  v128.store(c, activate(v, activation));
}

/** `y[i] = x · b[i, :]` for `n` contiguous rows of length `k`; partial sums of 4096 products are added in f64. */
function rowDots(
  n: i32, k: i32, x: usize, b: usize, rowStride: i32, y: usize, strideY: i32,
  bias: usize, strideBias: i32, activation: i32, accumulate: i32,
): void {
  const row = <usize>rowStride << 2;
  for (let i = 0; i < n; i++) {
    let total: f64 = 0;
    let p = x, q = b;
    for (let k0 = 0; k0 < k; k0 += 4096) {
      let left = min(4096, k - k0);
      let s0 = zeros(), s1 = zeros(), s2 = zeros(), s3 = zeros();
      for (; left >= 16; left -= 16) {
        s0 = fma(v128.load(p), v128.load(q), s0);
        s1 = fma(v128.load(p, 16), v128.load(q, 16), s1);
        s2 = fma(v128.load(p, 32), v128.load(q, 32), s2);
        s3 = fma(v128.load(p, 48), v128.load(q, 48), s3);
        p += 64;
        q += 64;
      }
      for (; left > 0; left -= 4) {
        s0 = fma(loadPartial(p, left), loadPartial(q, left), s0);
        p += 16;
        q += 16;
      }
      total += <f64>sumOfLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    }
    if (accumulate) total += <f64>load<f32>(y);
    if (bias) total += <f64>load<f32>(bias);
    storePartial(y, activate(f32x4.splat(<f32>total), activation), 1);
    b += row;
    y += <usize>strideY << 2;
    if (bias) bias += <usize>strideBias << 2;
  }
}
