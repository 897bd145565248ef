// One line of the results of a pool: the rows of its windows become one first, whose columns are then pooled. Windows that overlap share that work.
import { loadPartial, storePartial, zeros } from './lanes';

class Largest {}
class Sum {}

/** The larger one; of a NaN the other, which costs a ninth of the instruction that lets it through. */
// @ts-ignore: decorator
@inline
function combine<F>(a: v128, b: v128): v128 {
  return idof<F>() == idof<Sum>() ? f32x4.add(a, b) : f32x4.pmax(a, b);
}

/** Bytes of the row that {@link poolLine} makes. */
// @ts-ignore: decorator
@inline
export function poolLineBytes(channels: i32, inWidth: i32): i32 {
  return (channels * inWidth) << 2;
}

/** `line[i]` of `height` rows; gives a sum of all that it has read, which is NaN if one of them is (or if there are both infinities). */
function rows<F>(n: i32, x: usize, row: usize, height: i32, line: usize): v128 {
  let seen = zeros(), other = zeros();
  for (; n >= 8; n -= 8, x += 32, line += 32) {
    let a = v128.load(x), b = v128.load(x, 16);
    if (idof<F>() == idof<Largest>()) {
      seen = f32x4.add(seen, a);
      other = f32x4.add(other, b);
    }
    for (let i = 1, p = x + row; i < height; i++, p += row) {
      const v = v128.load(p), w = v128.load(p, 16);
      if (idof<F>() == idof<Largest>()) {
        seen = f32x4.add(seen, v);
        other = f32x4.add(other, w);
      }
      a = combine<F>(a, v);
      b = combine<F>(b, w);
    }
    v128.store(line, a);
    v128.store(line, b, 16);
  }
  for (; n > 0; n -= 4, x += 16, line += 16) {
    let a = loadPartial(x, n);
    seen = f32x4.add(seen, a);
    for (let i = 1, p = x + row; i < height; i++, p += row) {
      const v = loadPartial(p, n);
      seen = f32x4.add(seen, v);
      a = combine<F>(a, v);
    }
    storePartial(line, a, n);
  }
  return f32x4.add(seen, other);
}

/** `y[i] = f(line[i], line[i + step], …) * share` of `n` neighbours, `width` of them each. */
function columns<F>(n: i32, line: usize, step: usize, width: i32, share: v128, y: usize): void {
  if (width == 3) {
    for (; n >= 4; n -= 4, line += 16, y += 16) {
      const v = combine<F>(combine<F>(v128.load(line), v128.load(line + step)), v128.load(line + 2 * step));
      v128.store(y, idof<F>() == idof<Sum>() ? f32x4.mul(v, share) : v);
    }
  } else if (width == 2) {
    for (; n >= 4; n -= 4, line += 16, y += 16) {
      const v = combine<F>(v128.load(line), v128.load(line + step));
      v128.store(y, idof<F>() == idof<Sum>() ? f32x4.mul(v, share) : v);
    }
  }
  for (; n > 0; n -= 4, line += 16, y += 16) {
    let v = loadPartial(line, n);
    for (let i = 1, p = line + step; i < width; i++, p += step) v = combine<F>(v, loadPartial(p, n));
    storePartial(y, idof<F>() == idof<Sum>() ? f32x4.mul(v, share) : v, n);
  }
}

/** {@link columns} of a pixel of fewer than four channels, one by one. */
function few<F>(n: i32, line: usize, step: usize, width: i32, share: f32, y: usize): void {
  for (; n > 0; n--, line += 4, y += 4) {
    let v = load<f32>(line);
    for (let i = 1, p = line + step; i < width; i++, p += step) {
      const w = load<f32>(p);
      if (idof<F>() == idof<Sum>()) v += w;
      else if (w > v) v = w;
    }
    store<f32>(y, idof<F>() == idof<Sum>() ? v * share : v);
  }
}

function lineOf<F>(
  x: usize, y: usize, channels: i32, inWidth: i32, outWidth: i32, height: i32, row: usize, kernelWidth: i32, stride: i32,
  dilation: i32, left: i32, scratch: usize,
): bool {
  const seen = rows<F>(channels * inWidth, x, row, height, scratch);
  if (idof<F>() == idof<Largest>() && v128.any_true(f32x4.ne(seen, seen))) return false;
  const pixel = <usize>channels << 2, step = <usize>dilation * pixel;
  const reach = (kernelWidth - 1) * dilation;
  const whole: f32 = 1 / <f32>(height * kernelWidth);
  for (let ox = 0; ox < outWidth; ) {
    const u = ox * stride - left;
    let from = scratch + <usize>u * pixel, width = kernelWidth, count = 1, share = whole;
    if (u >= 0 && u + reach < inWidth) {
      // All whole windows at once where they are neighbours.
      if (stride == 1) count = min(inWidth - reach - u, outWidth - ox);
    } else {
      const first = u >= 0 ? 0 : (-u + dilation - 1) / dilation;
      width = min(kernelWidth, (inWidth - u + dilation - 1) / dilation) - first;
      if (width <= 0) return false;
      from += <usize>first * step;
      share = 1 / <f32>(height * width);
    }
    const n = count * channels;
    if (n < 4) few<F>(n, from, step, width, share, y);
    else columns<F>(n, from, step, width, f32x4.splat(share), y);
    ox += count;
    y += <usize>n << 2;
  }
  return true;
}

/**
 * One line of the largest entries, or of the means, of windows of `height` rows from `x` on, `row` bytes apart. False where that way leads to no
 * result, of which part may be written: for windows that are empty and lines with a NaN. `scratch`: {@link poolLineBytes}.
 */
export function poolLine(
  average: bool, x: usize, y: usize, channels: i32, inWidth: i32, outWidth: i32, height: i32, row: usize, kernelWidth: i32, stride: i32,
  dilation: i32, left: i32, scratch: usize,
): bool {
  if (average) return lineOf<Sum>(x, y, channels, inWidth, outWidth, height, row, kernelWidth, stride, dilation, left, scratch);
  return lineOf<Largest>(x, y, channels, inWidth, outWidth, height, row, kernelWidth, stride, dilation, left, scratch);
}
