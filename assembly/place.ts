// Moving values: strided copies, gathers, sums by segment, one-hot rows, casts.
import { loadPartial, storePartial } from './lanes';

/** Few bytes are copied by vectors: `memory.copy` leaves the engine's own code, which takes longer than a short row. */
// @ts-ignore: decorator
@inline
function copy(out: usize, x: usize, bytes: usize): void {
  if (bytes > 512) {
    memory.copy(out, x, bytes);
    return;
  }
  const end = x + bytes;
  for (; x + 16 <= end; x += 16, out += 16) v128.store(out, v128.load(x));
  for (; x + 4 <= end; x += 4, out += 4) store<i32>(out, load<i32>(x));
  for (; x < end; x++, out++) store<u8>(out, load<u8>(x));
}

/** A block of 4 x 4 four-byte entries; strides in bytes. */
// @ts-ignore: decorator
@inline
function transpose4(x: usize, strideX: usize, out: usize, strideOut: usize): void {
  const r0 = v128.load(x), r1 = v128.load(x + strideX);
  const r2 = v128.load(x + 2 * strideX), r3 = v128.load(x + 3 * strideX);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f64>(t0, t1, 0, 2));
  v128.store(out + strideOut, v128.shuffle<f64>(t0, t1, 1, 3));
  v128.store(out + 2 * strideOut, v128.shuffle<f64>(t2, t3, 0, 2));
  v128.store(out + 3 * strideOut, v128.shuffle<f64>(t2, t3, 1, 3));
}

/** `out[column, row] = x[row, column]` of four-byte entries, both contiguous in their last axis. */
function transposePlane(rows: i32, columns: i32, x: usize, strideX: usize, out: usize, strideOut: usize): void {
  let r = 0;
  // Sixteen rows fill a line of the cache of the result.
  for (; r + 4 <= rows; ) {
    const height = r + 16 <= rows ? 16 : 4;
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const from = x + (<usize>c << 2), to = out + <usize>c * strideOut;
      transpose4(from, strideX, to, strideOut);
      if (height == 16) {
        transpose4(from + 4 * strideX, strideX, to + 16, strideOut);
        transpose4(from + 8 * strideX, strideX, to + 32, strideOut);
        transpose4(from + 12 * strideX, strideX, to + 48, strideOut);
      }
    }
    for (; c < columns; c++) {
      let from = x + (<usize>c << 2), to = out + <usize>c * strideOut;
      for (let i = 0; i < height; i++, from += strideX, to += 4) store<i32>(to, load<i32>(from));
    }
    r += height;
    x += <usize>height * strideX;
    out += <usize>height << 2;
  }
  for (; r < rows; r++, x += strideX, out += 4) {
    let from = x, to = out;
    for (let c = 0; c < columns; c++, from += 4, to += strideOut) store<i32>(to, load<i32>(from));
  }
}

/**
 * Transposes all planes of a tensor of four-byte entries: `rows` of `columns` each, neighbours in `x`. `table` holds for each of the
 * `rank` other axes: its size, the bytes by which `x` and by which `out` move along it, and room for a counter.
 */
export function transposePlanes(
  rank: i32, table: usize, rows: i32, columns: i32, x: usize, strideX: i32, out: usize, strideOut: i32,
): void {
  for (let axis = 0; axis < rank; axis++) store<i32>(table + (axis << 4), 0, 12);
  while (true) {
    transposePlane(rows, columns, x, strideX, out, strideOut);
    let axis = rank - 1;
    for (; axis >= 0; axis--) {
      const entry = table + (axis << 4);
      const size = load<i32>(entry);
      const count = load<i32>(entry, 12) + 1;
      x += load<i32>(entry, 4);
      out += load<i32>(entry, 8);
      if (count < size) {
        store<i32>(entry, count, 12);
        break;
      }
      store<i32>(entry, 0, 12);
      x -= <usize>size * load<i32>(entry, 4);
      out -= <usize>size * load<i32>(entry, 8);
    }
    if (axis < 0) return;
  }
}

/**
 * Copies to `out`, contiguous, from `x` with any strides in bytes (0 repeats, negative runs backwards). `table` holds for
 * each of the `rank` outer axes, outermost first: its size, its stride, and room for a counter. The innermost axis
 * has `n` entries of `bytes` (1, 4, or any when `inner` is `bytes`) at the stride `inner`.
 */
export function copyStrided(rank: i32, table: usize, n: i32, inner: i32, bytes: i32, x: usize, out: usize): void {
  for (let axis = 0; axis < rank; axis++) store<i32>(table + axis * 12, 0, 8);
  const size = <usize>n * <usize>bytes;
  while (true) {
    if (inner == bytes) {
      copy(out, x, size);
    } else if (bytes == 4) {
      let from = x;
      for (let i: usize = 0; i < size; i += 4) {
        store<i32>(out + i, load<i32>(from));
        from += inner;
      }
    } else if (bytes == 1) {
      let from = x;
      for (let i: usize = 0; i < size; i++) {
        store<u8>(out + i, load<u8>(from));
        from += inner;
      }
    } else {
      let from = x;
      for (let i: usize = 0; i < size; i += bytes) {
        memory.copy(out + i, from, bytes);
        from += inner;
      }
    }
    out += size;
    let axis = rank - 1;
    for (; axis >= 0; axis--) {
      const entry = table + axis * 12;
      const length = load<i32>(entry);
      const count = load<i32>(entry, 8) + 1;
      x += load<i32>(entry, 4);
      if (count < length) {
        store<i32>(entry, count, 8);
        break;
      }
      store<i32>(entry, 0, 8);
      x -= <usize>length * load<i32>(entry, 4);
    }
    if (axis < 0) return;
  }
}

/** Copies the row `indices[i]` of `x[batch, size, row bytes]` to row `i` of `out`. Gives back the place of a bad index, or -1. */
export function gather(
  batch: i32, outer: i32, size: i32, picks: i32, bytes: i32, x: usize, indices: usize, out: usize,
): i32 {
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < picks; i++) {
        const index = load<i32>(indices + ((<usize>i) << 2));
        if (<u32>index >= <u32>size) return b * picks + i;
        const from = x + <usize>index * <usize>bytes;
        if (bytes == 4) store<i32>(out, load<i32>(from));
        else copy(out, from, bytes);
        out += bytes;
      }
      x += <usize>size * <usize>bytes;
    }
    indices += <usize>picks << 2;
  }
  return -1;
}

/** Adds row `i` of `x[rows, n]` to row `ids[i]` of `out[segments, n]`, which starts at zero; ids outside are skipped. */
export function segmentSum(rows: i32, n: i32, segments: i32, x: usize, ids: usize, out: usize, integers: i32): void {
  const stride = <usize>n << 2;
  memory.fill(out, 0, <usize>segments * stride);
  for (let r = 0; r < rows; r++) {
    const id = load<i32>(ids + (<usize>r << 2));
    if (<u32>id < <u32>segments) {
      const to = out + <usize>id * stride;
      let i = 0;
      if (integers) {
        for (; i < n; i++) {
          const at = <usize>i << 2;
          store<i32>(to + at, load<i32>(to + at) + load<i32>(x + at));
        }
      } else {
        for (; i + 4 <= n; i += 4) {
          const at = <usize>i << 2;
          v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(x + at)));
        }
        for (; i < n; i++) {
          const at = <usize>i << 2;
          store<f32>(to + at, load<f32>(to + at) + load<f32>(x + at));
        }
      }
    }
    x += stride;
  }
}

/** Rows of `depth` entries of `bytes` (1 or 4), `off` but for `on` at the index; an index outside gives a row of `off`. */
export function oneHot(n: i32, depth: i32, indices: usize, on: i32, off: i32, bytes: i32, out: usize): void {
  if (bytes == 1) memory.fill(out, <u8>off, <usize>n * depth);
  else {
    const count = <usize>n * depth;
    for (let i: usize = 0; i < count; i++) store<i32>(out + (i << 2), off);
  }
  for (let r = 0; r < n; r++) {
    const index = load<i32>(indices + (<usize>r << 2));
    if (<u32>index < <u32>depth) {
      const at = <usize>r * depth + index;
      if (bytes == 1) store<u8>(out + at, <u8>on);
      else store<i32>(out + (at << 2), on);
    }
  }
}

/** 0 float to integer, 1 integer to float, 2 truth to integer, 3 truth to float, 4 float to truth, 5 integer to truth. */
export function cast(kind: i32, n: i32, x: usize, out: usize): void {
  if (kind <= 1) {
    for (let i = 0; i < n; i += 4) {
      const v = loadPartial(x + (<usize>i << 2), n - i);
      storePartial(
        out + (<usize>i << 2),
        kind == 0 ? i32x4.trunc_sat_f32x4_s(v) : f32x4.convert_i32x4_s(v),
        n - i,
      );
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2;
    if (kind == 2) store<i32>(out + at, load<u8>(x + i) != 0 ? 1 : 0);
    else if (kind == 3) store<f32>(out + at, load<u8>(x + i) != 0 ? 1 : 0);
    else if (kind == 4) store<u8>(out + i, load<f32>(x + at) != 0 ? 1 : 0);
    else store<u8>(out + i, load<i32>(x + at) != 0 ? 1 : 0);
  }
}

/** Integers kept between `low` and `high`. */
export function clipInt(n: i32, x: usize, out: usize, low: i32, high: i32): void {
  for (let i = 0; i < n; i += 4) {
    const v = loadPartial(x + (<usize>i << 2), n - i);
    storePartial(out + (<usize>i << 2), i32x4.min_s(i32x4.max_s(v, i32x4.splat(low)), i32x4.splat(high)), n - i);
  }
}

/** Integers: `c[m, n] = a · b` with any strides, in entries; wraps as int32 does. */
export function matMulInt(
  m: i32, n: i32, k: i32, a: usize, rowA: i32, columnA: i32, b: usize, rowB: i32, columnB: i32, c: usize,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let total: i32 = 0;
      let pa = a + (<usize>(i * rowA) << 2);
      let pb = b + (<usize>(j * columnB) << 2);
      for (let p = 0; p < k; p++) {
        total += load<i32>(pa) * load<i32>(pb);
        pa += <usize>columnA << 2;
        pb += <usize>rowB << 2;
      }
      store<i32>(c, total);
      c += 4;
    }
  }
}

/** Copies `rows` pieces of `bytes` bytes; strides in bytes. */
export function copyRows(rows: i32, bytes: i32, x: usize, strideX: i32, out: usize, strideOut: i32): void {
  for (let i = 0; i < rows; i++) {
    copy(out, x, bytes);
    x += strideX;
    out += strideOut;
  }
}

/** Sets `n` floats to `value`. */
export function fill(n: i32, value: f32, out: usize): void {
  const v = f32x4.splat(value);
  for (let i = 0; i < n; i += 4) storePartial(out + (<usize>i << 2), v, n - i);
}
