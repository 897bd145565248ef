// Matrix products of any strides. Strides are given in elements; pointers and everything inside in bytes.
import { activate, fma, loadPartial, storePartial, sumOfLanes, zeros } from './lanes';
import { tile1, tile2, tile3, tile4, tileRows } from './tile';

/** Depth of a block: a panel of B (32 bytes a step) then takes 24 kB of the first-level cache. */
const DEPTH: i32 = 768;
/** Columns of a packed block of B: bounds the scratch at 3 MB. */
const COLUMNS: i32 = 1024;
/** Bytes of A that are used again for each panel, to stay in the second-level cache. */
const BLOCK_A: i32 = 192 * 1024;
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
  return 4 * depth * (roundUp(min(n, COLUMNS), 8) + roundUp(rowsOf(m, depth), 4));
}

/** Bytes that {@link packB} writes. */
export function packedBytes(k: i32, n: i32): i32 {
  return 4 * k * roundUp(n, 8);
}

/** Packs B `[k, n]` into panels `[n / 8][k][8]`, the last one padded with zeros. */
export function packB(k: i32, n: i32, b: usize, rowStride: i32, columnStride: i32, packed: usize): void {
  const row = <usize>rowStride << 2;
  const column = <usize>columnStride << 2;
  for (let j = 0; j < n; j += 8) {
    const width = min(8, n - j);
    let p = b + <usize>j * column;
    if (columnStride == 1 && width == 8) {
      for (let i = 0; i < k; i++) {
        v128.store(packed, v128.load(p));
        v128.store(packed, v128.load(p, 16), 16);
        p += row;
        packed += 32;
      }
    } else if (columnStride == 1) {
      for (let i = 0; i < k; i++) {
        v128.store(packed, loadPartial(p, width));
        v128.store(packed, loadPartial(p + 16, width - 4), 16);
        p += row;
        packed += 32;
      }
    } else {
      let i = 0;
      if (rowStride == 1 && width == 8) {
        // Blocks of 4 x 4 are transposed in registers.
        for (; i + 4 <= k; i += 4) {
          for (let half: usize = 0; half < 2; half++) {
            const q = p + half * 4 * column;
            const r0 = v128.load(q), r1 = v128.load(q + column);
            const r2 = v128.load(q + 2 * column), r3 = v128.load(q + 3 * column);
            const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
            const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
            const to = packed + half * 16;
            v128.store(to, v128.shuffle<f64>(t0, t1, 0, 2));
            v128.store(to, v128.shuffle<f64>(t0, t1, 1, 3), 32);
            v128.store(to, v128.shuffle<f64>(t2, t3, 0, 2), 64);
            v128.store(to, v128.shuffle<f64>(t2, t3, 1, 3), 96);
          }
          p += 16;
          packed += 128;
        }
      }
      for (; i < k; i++) {
        let q = p;
        for (let x = 0; x < 8; x++) {
          store<f32>(packed + (<usize>x << 2), x < width ? load<f32>(q) : 0);
          q += column;
        }
        p += row;
        packed += 32;
      }
    }
  }
}

/** Packs a transposed A (its rows contiguous) into quads `[m / 4][k][4]`: its columns lie pages apart otherwise. */
function packTransposedA(m: i32, k: i32, a: usize, column: usize, packed: usize): void {
  for (let i = 0; i < m; i += 4) {
    let p = a + (<usize>i << 2);
    const width = m - i;
    for (let x = 0; x < k; x++) {
      v128.store(packed, loadPartial(p, width));
      p += column;
      packed += 16;
    }
  }
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
  if (m == 1 && columnStrideB == 1 && n >= 32 && k <= LONG && n >= LARGE / k) {
    gemvLarge(n, k, a, columnStrideA, b, rowStrideB, c, bias, activation, accumulate);
    return;
  }
  if (m == 1 && columnStrideB == 1 && n >= 4) {
    gemv(n, k, a, columnStrideA, b, rowStrideB, c, bias, activation, accumulate);
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
  const direct = !packed && m <= DIRECT_ROWS && columnStrideB == 1;
  const packA = rowStrideA == 1 && columnStrideA != 1 && n >= 32;
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
          packTransposedA(height, steps, blockA, columnA, quads);
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
          const biasHere = bias && last ? bias + (<usize>(j0 + j) << 2) : 0;
          const corner = c + <usize>i0 * rowC + (<usize>(j0 + j) << 2);
          const activationHere = last ? activation : 0;
          if (packA) {
            quadPanel(height, steps, blockA, panel, stepB, corner, rowC, width, biasHere, activationHere, add);
          } else {
            rowPanel(height, steps, blockA, rowA, columnA, panel, stepB, corner, rowC, width, biasHere, activationHere, add);
          }
        }
      }
    }
  }
}

/** All rows of a block of A times one panel. */
function rowPanel(
  m: i32, k: i32, a: usize, rowA: usize, columnA: usize, b: usize, stepB: usize, c: usize, rowC: usize,
  width: i32, bias: usize, activation: i32, accumulate: i32,
): void {
  for (let i = 0; i < m; ) {
    const height = tileRows(m - i);
    if (height == 4) {
      tile4(1, 0, k, columnA, a, a + rowA, a + 2 * rowA, a + 3 * rowA, b, stepB, c, rowC, width, bias, activation, accumulate);
    } else if (height == 3) {
      tile3(1, 0, k, columnA, a, a + rowA, a + 2 * rowA, b, stepB, c, rowC, width, bias, activation, accumulate);
    } else if (height == 2) {
      tile2(1, 0, k, columnA, a, a + rowA, b, stepB, c, rowC, width, bias, activation, accumulate);
    } else {
      tile1(1, 0, k, columnA, a, b, stepB, c, width, bias, activation, accumulate);
    }
    i += height;
    a += <usize>height * rowA;
    c += <usize>height * rowC;
  }
}

/** The same over an A that is packed in quads. */
function quadPanel(
  m: i32, k: i32, a: usize, b: usize, stepB: usize, c: usize, rowC: usize,
  width: i32, bias: usize, activation: i32, accumulate: i32,
): void {
  for (let i = 0; i < m; i += 4) {
    const left = m - i;
    if (left >= 4) {
      tile4(1, 0, k, 16, a, a + 4, a + 8, a + 12, b, stepB, c, rowC, width, bias, activation, accumulate);
    } else if (left == 3) {
      tile3(1, 0, k, 16, a, a + 4, a + 8, b, stepB, c, rowC, width, bias, activation, accumulate);
    } else if (left == 2) {
      tile2(1, 0, k, 16, a, a + 4, b, stepB, c, rowC, width, bias, activation, accumulate);
    } else {
      tile1(1, 0, k, 16, a, b, stepB, c, width, bias, activation, accumulate);
    }
    a += <usize>k << 4;
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
