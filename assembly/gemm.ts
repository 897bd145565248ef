// Matrix products of any strides. Strides are given in elements; pointers and everything inside in bytes.
import { gemv, gemvNarrow, gemvPacked, LONG_SUM, rowDots } from './gemv';
import { activate, loadPartial, storePartial, zeros } from './lanes';
import { packB, packQuads } from './pack';
import { addBias, EDGE, prepareEdge, quadsTile, rowsTile, suitsQuads, SUM_APART } from './tile';

/** Depth of a block: a panel of B (32 bytes a step) then takes 24 kB of the first-level cache. */
const DEPTH: i32 = 768;
/** Columns of a packed block of B: bounds the scratch at 3 MB. */
const COLUMNS: i32 = 1024;
/** Bytes of A that are used again for each panel, to stay in the second-level cache. */
const BLOCK_A: i32 = 192 * 1024;
/** So few rows are multiplied one by one: a tile of fewer than four takes as long as one of four. */
const SINGLE: i32 = 2;
/** With fewer columns a row is multiplied four columns at a time. */
const NARROW: i32 = 32;
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
  if (k == 0) return <i32>EDGE;
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
  if (m <= SINGLE && columnStrideB == 1 && n >= 4 && (n < NARROW || k <= LONG_SUM)) {
    for (let i = 0; i < m; i++, c += rowC) {
      const x = a + (<usize>(i * rowStrideA) << 2);
      if (n < NARROW) gemvNarrow(n, k, x, columnStrideA, b, rowStrideB, c, bias, activation, accumulate);
      else gemv(n, k, x, columnStrideA, b, rowStrideB, c, bias, activation, accumulate);
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

/** The same with a B that `packB` packed whole. */
export function gemmPacked(
  m: i32, n: i32, k: i32, a: usize, rowStrideA: i32, columnStrideA: i32, packed: usize,
  c: usize, strideC: i32, bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  if (m <= SINGLE && k > 0) {
    for (let i = 0; i < m; i++, c += <usize>strideC << 2) {
      gemvPacked(n, k, a + (<usize>(i * rowStrideA) << 2), columnStrideA, packed, c, bias, activation, accumulate, scratch);
    }
    return;
  }
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
  const packA = direct || columnStrideA != 1 || (n >= NARROW && suitsQuads(k));
  const quads = scratch + 4 * <usize>depth * <usize>roundUp(min(n, COLUMNS), 8);
  for (let j0 = 0; j0 < n; j0 += COLUMNS) {
    const columns = min(COLUMNS, n - j0);
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      const last = k0 + steps == k;
      // Sums of blocks are added, for the sake of their rounding.
      const add = k0 > 0 ? SUM_APART : accumulate;
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
          if (packA) quadsTile(height, steps, blockA, panel, stepB, corner, rowC, width, biasHere, last ? activation : 0, add, edge);
          else rowPanel(height, steps, blockA, rowA, panel, corner, rowC, width, biasHere, last ? activation : 0, add, edge);
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
