// Functions of two tensors, element by element, with broadcasting. The numbers are those of kernels/binary.ts.
import { loadPartial, storePartial } from './lanes';

class Add {}
class Sub {}
class Mul {}
class Div {}
class Max {}
class Min {}
class SquaredDifference {}
class FloorDiv {}
class Prelu {}
class Equal {}
class NotEqual {}
class Less {}
class LessEqual {}
class Greater {}
class GreaterEqual {}
class AddInt {}
class SubInt {}
class MulInt {}
class MaxInt {}
class MinInt {}
class SquaredDifferenceInt {}
class EqualInt {}
class NotEqualInt {}
class LessInt {}
class LessEqualInt {}
class GreaterInt {}
class GreaterEqualInt {}

/** Functions below 32 work on floats, from 32 on integers; of each, those from 16 on compare and give bytes 0 or 1. */
// @ts-ignore: decorator
@inline
function combine<F>(a: v128, b: v128): v128 {
  if (idof<F>() == idof<Add>()) return f32x4.add(a, b);
  if (idof<F>() == idof<Sub>()) return f32x4.sub(a, b);
  if (idof<F>() == idof<Mul>()) return f32x4.mul(a, b);
  if (idof<F>() == idof<Div>()) return f32x4.div(a, b);
  if (idof<F>() == idof<Max>()) return f32x4.max(a, b);
  if (idof<F>() == idof<Min>()) return f32x4.min(a, b);
  if (idof<F>() == idof<SquaredDifference>()) {
    const d = f32x4.sub(a, b);
    return f32x4.mul(d, d);
  }
  if (idof<F>() == idof<FloorDiv>()) return f32x4.floor(f32x4.div(a, b));
  if (idof<F>() == idof<Prelu>()) return v128.bitselect(f32x4.mul(a, b), a, f32x4.lt(a, f32x4.splat(0)));
  if (idof<F>() == idof<Equal>()) return f32x4.eq(a, b);
  if (idof<F>() == idof<NotEqual>()) return f32x4.ne(a, b);
  if (idof<F>() == idof<Less>()) return f32x4.lt(a, b);
  if (idof<F>() == idof<LessEqual>()) return f32x4.le(a, b);
  if (idof<F>() == idof<Greater>()) return f32x4.gt(a, b);
  if (idof<F>() == idof<GreaterEqual>()) return f32x4.ge(a, b);
  if (idof<F>() == idof<AddInt>()) return i32x4.add(a, b);
  if (idof<F>() == idof<SubInt>()) return i32x4.sub(a, b);
  if (idof<F>() == idof<MulInt>()) return i32x4.mul(a, b);
  if (idof<F>() == idof<MaxInt>()) return i32x4.max_s(a, b);
  if (idof<F>() == idof<MinInt>()) return i32x4.min_s(a, b);
  if (idof<F>() == idof<SquaredDifferenceInt>()) {
    const d = i32x4.sub(a, b);
    return i32x4.mul(d, d);
  }
  if (idof<F>() == idof<EqualInt>()) return i32x4.eq(a, b);
  if (idof<F>() == idof<NotEqualInt>()) return i32x4.ne(a, b);
  if (idof<F>() == idof<LessInt>()) return i32x4.lt_s(a, b);
  if (idof<F>() == idof<LessEqualInt>()) return i32x4.le_s(a, b);
  if (idof<F>() == idof<GreaterInt>()) return i32x4.gt_s(a, b);
  return i32x4.ge_s(a, b);
}

/** Stores up to four truth values as bytes. */
// @ts-ignore: decorator
@inline
function storeTruth(p: usize, mask: v128, n: i32): void {
  const words = i16x8.narrow_i32x4_s(mask, mask);
  const bytes = v128.and(i8x16.narrow_i16x8_s(words, words), i8x16.splat(1));
  if (n >= 4) {
    v128.store_lane<u32>(p, bytes, 0);
    return;
  }
  if (n > 0) v128.store_lane<u8>(p, bytes, 0);
  if (n > 1) v128.store_lane<u8>(p, bytes, 1, 1);
  if (n > 2) v128.store_lane<u8>(p, bytes, 2, 2);
}

/** Whether the function compares. */
// @ts-ignore: decorator
@inline
function isTruth<F>(): bool {
  if (idof<F>() == idof<Equal>()) return true;
  if (idof<F>() == idof<NotEqual>()) return true;
  if (idof<F>() == idof<Less>()) return true;
  if (idof<F>() == idof<LessEqual>()) return true;
  if (idof<F>() == idof<Greater>()) return true;
  if (idof<F>() == idof<GreaterEqual>()) return true;
  if (idof<F>() == idof<EqualInt>()) return true;
  if (idof<F>() == idof<NotEqualInt>()) return true;
  if (idof<F>() == idof<LessInt>()) return true;
  if (idof<F>() == idof<LessEqualInt>()) return true;
  if (idof<F>() == idof<GreaterInt>()) return true;
  if (idof<F>() == idof<GreaterEqualInt>()) return true;
  return false;
}

/** Bytes of four results. */
// @ts-ignore: decorator
@inline
function bytes4<F>(): usize {
  if (isTruth<F>()) return 4;
  return 16;
}

// @ts-ignore: decorator
@inline
function put<F>(out: usize, v: v128): void {
  if (isTruth<F>()) storeTruth(out, v, 4);
  else v128.store(out, v);
}

// @ts-ignore: decorator
@inline
function putPartial<F>(out: usize, v: v128, n: i32): void {
  if (isTruth<F>()) storeTruth(out, v, n);
  else storePartial(out, v, n);
}

// @ts-ignore: decorator
@inline
function row<F>(n: i32, a: usize, stepA: i32, b: usize, stepB: i32, out: usize): void {
  if (stepA != 0 && stepB != 0) {
    // Two vectors a turn, as the loop itself takes as long as one.
    for (; n >= 8; n -= 8) {
      const v = combine<F>(v128.load(a), v128.load(b));
      const w = combine<F>(v128.load(a, 16), v128.load(b, 16));
      put<F>(out, v);
      put<F>(out + bytes4<F>(), w);
      a += 32;
      b += 32;
      out += 2 * bytes4<F>();
    }
    for (; n > 0; n -= 4) {
      const v = combine<F>(loadPartial(a, n), loadPartial(b, n));
      putPartial<F>(out, v, n);
      a += 16;
      b += 16;
      out += bytes4<F>();
    }
  } else if (stepA != 0) {
    const vb = v128.load32_splat(b);
    for (; n >= 8; n -= 8) {
      const v = combine<F>(v128.load(a), vb);
      const w = combine<F>(v128.load(a, 16), vb);
      put<F>(out, v);
      put<F>(out + bytes4<F>(), w);
      a += 32;
      out += 2 * bytes4<F>();
    }
    for (; n > 0; n -= 4) {
      const v = combine<F>(loadPartial(a, n), vb);
      putPartial<F>(out, v, n);
      a += 16;
      out += bytes4<F>();
    }
  } else if (stepB != 0) {
    const va = v128.load32_splat(a);
    for (; n >= 8; n -= 8) {
      const v = combine<F>(va, v128.load(b));
      const w = combine<F>(va, v128.load(b, 16));
      put<F>(out, v);
      put<F>(out + bytes4<F>(), w);
      b += 32;
      out += 2 * bytes4<F>();
    }
    for (; n > 0; n -= 4) {
      const v = combine<F>(va, loadPartial(b, n));
      putPartial<F>(out, v, n);
      b += 16;
      out += bytes4<F>();
    }
  } else {
    const v = combine<F>(v128.load32_splat(a), v128.load32_splat(b));
    for (; n > 0; n -= 4, out += bytes4<F>()) putPartial<F>(out, v, n);
  }
}

function rowOf(op: i32, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, out: usize): void {
  switch (op) {
    case 0: row<Add>(n, a, stepA, b, stepB, out); break;
    case 1: row<Sub>(n, a, stepA, b, stepB, out); break;
    case 2: row<Mul>(n, a, stepA, b, stepB, out); break;
    case 3: row<Div>(n, a, stepA, b, stepB, out); break;
    case 4: row<Max>(n, a, stepA, b, stepB, out); break;
    case 5: row<Min>(n, a, stepA, b, stepB, out); break;
    case 6: row<SquaredDifference>(n, a, stepA, b, stepB, out); break;
    case 7: row<FloorDiv>(n, a, stepA, b, stepB, out); break;
    case 8: row<Prelu>(n, a, stepA, b, stepB, out); break;
    case 16: row<Equal>(n, a, stepA, b, stepB, out); break;
    case 17: row<NotEqual>(n, a, stepA, b, stepB, out); break;
    case 18: row<Less>(n, a, stepA, b, stepB, out); break;
    case 19: row<LessEqual>(n, a, stepA, b, stepB, out); break;
    case 20: row<Greater>(n, a, stepA, b, stepB, out); break;
    case 21: row<GreaterEqual>(n, a, stepA, b, stepB, out); break;
    case 32: row<AddInt>(n, a, stepA, b, stepB, out); break;
    case 33: row<SubInt>(n, a, stepA, b, stepB, out); break;
    case 34: row<MulInt>(n, a, stepA, b, stepB, out); break;
    case 36: row<MaxInt>(n, a, stepA, b, stepB, out); break;
    case 37: row<MinInt>(n, a, stepA, b, stepB, out); break;
    case 38: row<SquaredDifferenceInt>(n, a, stepA, b, stepB, out); break;
    case 48: row<EqualInt>(n, a, stepA, b, stepB, out); break;
    case 49: row<NotEqualInt>(n, a, stepA, b, stepB, out); break;
    case 50: row<LessInt>(n, a, stepA, b, stepB, out); break;
    case 51: row<LessEqualInt>(n, a, stepA, b, stepB, out); break;
    case 52: row<GreaterInt>(n, a, stepA, b, stepB, out); break;
    default: row<GreaterEqualInt>(n, a, stepA, b, stepB, out);
  }
}

/**
 * `out = f(a, b)`. The innermost axis has `n` entries, on which an operand moves by `step` 1 or stays (0). `table` holds
 * for each of the `rank` outer axes, outermost first: its size, the bytes by which `a` and by which `b` move along it, and
 * room for a counter.
 */
export function binary(
  op: i32, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, out: usize, rank: i32, table: usize,
): void {
  for (let axis = 0; axis < rank; axis++) store<i32>(table + (axis << 4), 0, 12);
  const bytes = <usize>n << ((op & 16) != 0 ? 0 : 2);
  while (true) {
    rowOf(op, n, a, stepA, b, stepB, out);
    out += bytes;
    let axis = rank - 1;
    for (; axis >= 0; axis--) {
      const entry = table + (axis << 4);
      const size = load<i32>(entry);
      const count = load<i32>(entry, 12) + 1;
      a += load<i32>(entry, 4);
      b += load<i32>(entry, 8);
      if (count < size) {
        store<i32>(entry, count, 12);
        break;
      }
      store<i32>(entry, 0, 12);
      a -= <usize>size * load<i32>(entry, 4);
      b -= <usize>size * load<i32>(entry, 8);
    }
    if (axis < 0) return;
  }
}

/** {@link binary} with one outer axis of `rows`, along which the operands move by bytes: it needs no table. */
export function binaryRows(
  op: i32, rows: i32, moveA: i32, moveB: i32, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, out: usize,
): void {
  const bytes = <usize>n << ((op & 16) != 0 ? 0 : 2);
  for (let row = 0; row < rows; row++) {
    rowOf(op, n, a, stepA, b, stepB, out);
    a += moveA;
    b += moveB;
    out += bytes;
  }
}

/** `out = condition ? a : b` over `n` four-byte values, the condition in bytes. */
export function select(n: i32, condition: usize, a: usize, b: usize, out: usize): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const bytes = v128.load32_zero(condition + i);
    const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
    const mask = i32x4.ne(wide, i32x4.splat(0));
    v128.store(out, v128.bitselect(v128.load(a), v128.load(b), mask));
    a += 16;
    b += 16;
    out += 16;
  }
  for (; i < n; i++) {
    store<i32>(out, load<u8>(condition + i) ? load<i32>(a) : load<i32>(b));
    a += 4;
    b += 4;
    out += 4;
  }
}
