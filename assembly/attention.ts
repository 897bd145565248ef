// The part of attention between its two products.
import { loadPartial, storePartial } from './lanes';

/** `x = mask ? x * scale : masked` of `n` entries, in place; `mask` is one byte an entry, 0 for none. */
export function scaleAndMask(n: i32, x: usize, scale: f32, mask: usize, masked: f32): void {
  const s = f32x4.splat(scale);
  const hidden = f32x4.splat(masked);
  let i = 0;
  for (; i + 4 <= n; i += 4, x += 16) {
    let v = f32x4.mul(v128.load(x), s);
    if (mask) {
      const bytes = v128.load32_zero(mask + <usize>i);
      const seen = i32x4.ne(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)), i32x4.splat(0));
      v = v128.bitselect(v, hidden, seen);
    }
    v128.store(x, v);
  }
  for (; i < n; i++, x += 4) {
    const seen = !mask || load<u8>(mask + <usize>i) != 0;
    storePartial(x, seen ? f32x4.mul(loadPartial(x, 1), s) : hidden, 1);
  }
}
