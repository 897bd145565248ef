// Operands of products in the order in which tiles read them.
import { loadPartial } from './lanes';

/** Bytes that {@link packB} writes. */
export function packedBytes(k: i32, n: i32): i32 {
  return 4 * k * ((n + 7) & ~7);
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

/** Four vectors of four entries, transposed, to `to` and the three vectors behind it. */
// @ts-ignore: decorator
@inline
function transpose4(r0: v128, r1: v128, r2: v128, r3: v128, to: usize): void {
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(t0, t1, 0, 2));
  v128.store(to, v128.shuffle<f64>(t0, t1, 1, 3), 16);
  v128.store(to, v128.shuffle<f64>(t2, t3, 0, 2), 32);
  v128.store(to, v128.shuffle<f64>(t2, t3, 1, 3), 48);
}

/**
 * Packs four rows side by side at each step. A row is walked by 4 bytes, `inner` times, and begins again `outerStep` bytes
 * behind its last beginning, `outer` times.
 */
export function packQuad(
  outer: i32, outerStep: usize, inner: i32, a0: usize, a1: usize, a2: usize, a3: usize, packed: usize,
): void {
  if (a1 == a0 + 4 && a2 == a0 + 8 && a3 == a0 + 12) {
    gatherQuad(outer, outerStep, inner, 4, a0, a1, a2, a3, packed);
    return;
  }
  const skip = outerStep - (<usize>inner << 2);
  for (; outer > 0; outer--) {
    let i = inner;
    for (; i >= 4; i -= 4) {
      transpose4(v128.load(a0), v128.load(a1), v128.load(a2), v128.load(a3), packed);
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      packed += 64;
    }
    for (; i > 0; i--) {
      v128.store(packed, lanes(a0, a1, a2, a3));
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      packed += 16;
    }
    a0 += skip;
    a1 += skip;
    a2 += skip;
    a3 += skip;
  }
}

// @ts-ignore: decorator
@inline
function lanes(p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  const v = v128.load_lane<f32>(p1, v128.load32_zero(p0), 1);
  return v128.load_lane<f32>(p3, v128.load_lane<f32>(p2, v, 2), 3);
}

/** The same for entries that move by `inner` bytes along a line and by `outer` from line to line. */
export function gatherQuad(
  lines: i32, outer: usize, columns: i32, inner: usize, a0: usize, a1: usize, a2: usize, a3: usize, packed: usize,
): void {
  const together = a1 == a0 + 4 && a2 == a0 + 8 && a3 == a0 + 12;
  a1 -= a0;
  a2 -= a0;
  a3 -= a0;
  for (; lines > 0; lines--, a0 += outer) {
    let p = a0;
    for (let i = columns; i > 0; i--) {
      v128.store(packed, together ? v128.load(p) : lanes(p, p + a1, p + a2, p + a3));
      p += inner;
      packed += 16;
    }
  }
}

/** Packs A `[m, k]` of any strides (in bytes) into quads `[m / 4][k][4]`; rows that are missing in the last one stand for its first. */
export function packQuads(m: i32, k: i32, a: usize, row: usize, column: usize, packed: usize): void {
  for (let i = 0; i < m; i += 4) {
    const left = m - i;
    const a1 = left > 1 ? a + row : a, a2 = left > 2 ? a + 2 * row : a, a3 = left > 3 ? a + 3 * row : a;
    if (column == 4) packQuad(1, 0, k, a, a1, a2, a3, packed);
    else gatherQuad(1, 0, k, column, a, a1, a2, a3, packed);
    a += 4 * row;
    packed += <usize>k << 4;
  }
}
