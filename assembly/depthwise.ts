// Depthwise convolutions, NHWC; the filter is [kernelHeight, kernelWidth, channels, multiplier], output channel
// c * multiplier + m. Borders are clipped, not padded: a padded copy would cost a third of the work.
import { depthwiseBlocks, depthwiseBlocksScratch } from './depthwise-blocks';
import { activate, bounded, fma, loadPartial, lowerBound, storePartial, sumOfLanes, upperBound, zeros } from './lanes';

/** Four output channels from `j` on: the input that each multiplies. */
// @ts-ignore: decorator
@inline
function inputsOf(x: usize, j: i32, multiplier: i32, left: i32): v128 {
  if (multiplier == 1) return loadPartial(x + (<usize>j << 2), left);
  return expanded(x, j, multiplier, left);
}

function expanded(x: usize, j: i32, multiplier: i32, left: i32): v128 {
  let v = v128.load_splat<f32>(x + (<usize>(j / multiplier) << 2));
  if (left > 1) v = f32x4.replace_lane(v, 1, load<f32>(x + (<usize>((j + 1) / multiplier) << 2)));
  if (left > 2) v = f32x4.replace_lane(v, 2, load<f32>(x + (<usize>((j + 2) / multiplier) << 2)));
  if (left > 3) v = f32x4.replace_lane(v, 3, load<f32>(x + (<usize>((j + 3) / multiplier) << 2)));
  return v;
}

// @ts-ignore: decorator
@inline
function firstInside(begin: i32, dilation: i32): i32 {
  return begin >= 0 ? 0 : (-begin + dilation - 1) / dilation;
}

// @ts-ignore: decorator
@inline
function endInside(begin: i32, size: i32, kernel: i32, dilation: i32, first: i32): i32 {
  return max(first, min(kernel, (size - begin + dilation - 1) / dilation));
}

/** Bytes of scratch that {@link depthwise} needs. */
export function depthwiseScratch(
  channels: i32, multiplier: i32, inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, kernelHeight: i32, kernelWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, left: i32,
): i32 {
  if (multiplier != 1 || channels < MANY) return 0;
  const height = paddedLength(inHeight, outHeight, kernelHeight, strideHeight, dilationHeight, top);
  const width = paddedLength(inWidth, outWidth, kernelWidth, strideWidth, dilationWidth, left);
  return depthwiseBlocksScratch(height, width, kernelHeight * kernelWidth);
}

/** From so many channels on, neighbours lie so far apart that they are in each other's way. */
const MANY: i32 = 128;

/** How long an axis is when every window lies inside. */
// @ts-ignore: decorator
@inline
function paddedLength(input: i32, output: i32, kernel: i32, stride: i32, dilation: i32, before: i32): i32 {
  return max(input + before, (output - 1) * stride + (kernel - 1) * dilation + 1);
}

/** `y = activation(convolution + bias)`. `scratch`: {@link depthwiseScratch} bytes. */
export function depthwise(
  x: usize, w: usize, bias: usize, y: usize, batch: i32, channels: i32, multiplier: i32,
  inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, kernelHeight: i32, kernelWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, left: i32, activation: i32, scratch: usize,
): void {
  const bytes = depthwiseScratch(
    channels, multiplier, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
    dilationWidth, top, left,
  );
  if (bytes != 0) {
    depthwiseBlocks(
      x, w, bias, y, batch, channels, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth,
      dilationHeight, dilationWidth, top, left, paddedLength(inHeight, outHeight, kernelHeight, strideHeight, dilationHeight, top),
      paddedLength(inWidth, outWidth, kernelWidth, strideWidth, dilationWidth, left), activation, scratch,
    );
    return;
  }
  const pixel = <usize>channels << 2, row = <usize>inWidth * pixel;
  const outChannels = channels * multiplier;
  const tap = <usize>outChannels << 2;
  const stepX = <usize>dilationWidth * pixel, stepY = <usize>dilationHeight * row;
  const next = <usize>strideWidth * pixel;
  for (let b = 0; b < batch; b++, x += <usize>inHeight * row) {
    for (let oy = 0; oy < outHeight; oy++) {
      const v = oy * strideHeight - top;
      const v0 = firstInside(v, dilationHeight), v1 = endInside(v, inHeight, kernelHeight, dilationHeight, v0);
      const line = x + <usize>(v + v0 * dilationHeight) * row;
      const taps = w + <usize>(v0 * kernelWidth) * tap;
      for (let ox = 0; ox < outWidth; ) {
        const u = ox * strideWidth - left;
        const inside = u >= 0 && ox + 4 <= outWidth && u + 3 * strideWidth + (kernelWidth - 1) * dilationWidth < inWidth;
        if (inside && kernelWidth == 3 && multiplier == 1 && (next == stepX || next == 2 * stepX)) {
          fourOfThree(
            line + <usize>u * pixel, taps, bias, y, outChannels, v1 - v0, next == stepX ? 1 : 2, stepY, stepX, tap, activation,
          );
          ox += 4;
          y += 4 * tap;
        } else if (inside) {
          four(
            line + <usize>u * pixel, taps, bias, y, outChannels, multiplier, v1 - v0, kernelWidth, stepY, stepX, next, tap, activation,
          );
          ox += 4;
          y += 4 * tap;
        } else {
          const u0 = firstInside(u, dilationWidth), u1 = endInside(u, inWidth, kernelWidth, dilationWidth, u0);
          one(
            line + <usize>(u + u0 * dilationWidth) * pixel, taps + <usize>u0 * tap, bias, y, outChannels, multiplier,
            v1 - v0, u1 - u0, <usize>kernelWidth * tap, stepY, stepX, tap, activation,
          );
          ox++;
          y += tap;
        }
      }
    }
  }
}

/** Four neighbours in a row, all of whose columns lie inside: each weight is loaded once for them. */
function four(
  x: usize, w: usize, bias: usize, y: usize, outChannels: i32, multiplier: i32, height: i32, width: i32,
  stepY: usize, stepX: usize, next: usize, tap: usize, activation: i32,
): void {
  for (let j = 0; j < outChannels; j += 4) {
    const left = outChannels - j;
    const at = <usize>j << 2;
    let s0 = bias ? loadPartial(bias + at, left) : zeros();
    let s1 = s0, s2 = s0, s3 = s0;
    let q = w + at;
    for (let ky = 0, line = x; ky < height; ky++, line += stepY) {
      if (multiplier == 1 && left >= 4) {
        for (let kx = 0, p = line + at; kx < width; kx++, p += stepX, q += tap) {
          const weight = v128.load(q);
          s0 = fma(v128.load(p), weight, s0);
          s1 = fma(v128.load(p + next), weight, s1);
          s2 = fma(v128.load(p + 2 * next), weight, s2);
          s3 = fma(v128.load(p + 3 * next), weight, s3);
        }
      } else {
        for (let kx = 0, p = line; kx < width; kx++, p += stepX, q += tap) {
          const weight = loadPartial(q, left);
          s0 = fma(inputsOf(p, j, multiplier, left), weight, s0);
          s1 = fma(inputsOf(p + next, j, multiplier, left), weight, s1);
          s2 = fma(inputsOf(p + 2 * next, j, multiplier, left), weight, s2);
          s3 = fma(inputsOf(p + 3 * next, j, multiplier, left), weight, s3);
        }
      }
    }
    storePartial(y + at, activate(s0, activation), left);
    storePartial(y + tap + at, activate(s1, activation), left);
    storePartial(y + 2 * tap + at, activate(s2, activation), left);
    storePartial(y + 3 * tap + at, activate(s3, activation), left);
  }
}

/** The four channels of a vector, or fewer: a type, so that the common case carries no test. */
export class Four {}
class Fewer {}

// @ts-ignore: decorator
@inline
function loadOf<Width>(p: usize, left: i32): v128 {
  return idof<Width>() == idof<Four>() ? v128.load(p) : loadPartial(p, left);
}

// @ts-ignore: decorator
@inline
function storeOf<Width>(p: usize, v: v128, left: i32): void {
  if (idof<Width>() == idof<Four>()) v128.store(p, v);
  else storePartial(p, v, left);
}

/** Four outputs, `out` bytes apart, of one vector of channels that lie one tap apart: six columns of input serve all twelve products of a row. */
// @ts-ignore: decorator
@inline
export function neighbours<Width>(
  x: usize, w: usize, bias: usize, y: usize, left: i32, height: i32, stepY: usize, step: usize, tap: usize, low: v128, high: v128, out: usize = tap,
): void {
  let s0 = bias ? loadOf<Width>(bias, left) : zeros();
  let s1 = s0, s2 = s0, s3 = s0;
  for (let ky = 0; ky < height; ky++) {
    const w0 = loadOf<Width>(w, left), w1 = loadOf<Width>(w + tap, left), w2 = loadOf<Width>(w + 2 * tap, left);
    const p = x;
    let v = loadOf<Width>(p, left);
    s0 = fma(v, w0, s0);
    v = loadOf<Width>(p + step, left);
    s0 = fma(v, w1, s0);
    s1 = fma(v, w0, s1);
    v = loadOf<Width>(p + 2 * step, left);
    s0 = fma(v, w2, s0);
    s1 = fma(v, w1, s1);
    s2 = fma(v, w0, s2);
    v = loadOf<Width>(p + 3 * step, left);
    s1 = fma(v, w2, s1);
    s2 = fma(v, w1, s2);
    s3 = fma(v, w0, s3);
    v = loadOf<Width>(p + 4 * step, left);
    s2 = fma(v, w2, s2);
    s3 = fma(v, w1, s3);
    v = loadOf<Width>(p + 5 * step, left);
    s3 = fma(v, w2, s3);
    x += stepY;
    w += 3 * tap;
  }
  storeOf<Width>(y, bounded(s0, low, high), left);
  storeOf<Width>(y + out, bounded(s1, low, high), left);
  storeOf<Width>(y + 2 * out, bounded(s2, low, high), left);
  storeOf<Width>(y + 3 * out, bounded(s3, low, high), left);
}

/** The same for outputs two taps apart: nine columns. */
// @ts-ignore: decorator
@inline
export function everySecond<Width>(
  x: usize, w: usize, bias: usize, y: usize, left: i32, height: i32, stepY: usize, step: usize, tap: usize, low: v128, high: v128, out: usize = tap,
): void {
  let s0 = bias ? loadOf<Width>(bias, left) : zeros();
  let s1 = s0, s2 = s0, s3 = s0;
  for (let ky = 0; ky < height; ky++) {
    const w0 = loadOf<Width>(w, left), w1 = loadOf<Width>(w + tap, left), w2 = loadOf<Width>(w + 2 * tap, left);
    const p = x;
    let v = loadOf<Width>(p, left);
    s0 = fma(v, w0, s0);
    v = loadOf<Width>(p + step, left);
    s0 = fma(v, w1, s0);
    v = loadOf<Width>(p + 2 * step, left);
    s0 = fma(v, w2, s0);
    s1 = fma(v, w0, s1);
    v = loadOf<Width>(p + 3 * step, left);
    s1 = fma(v, w1, s1);
    v = loadOf<Width>(p + 4 * step, left);
    s1 = fma(v, w2, s1);
    s2 = fma(v, w0, s2);
    v = loadOf<Width>(p + 5 * step, left);
    s2 = fma(v, w1, s2);
    v = loadOf<Width>(p + 6 * step, left);
    s2 = fma(v, w2, s2);
    s3 = fma(v, w0, s3);
    v = loadOf<Width>(p + 7 * step, left);
    s3 = fma(v, w1, s3);
    v = loadOf<Width>(p + 8 * step, left);
    s3 = fma(v, w2, s3);
    x += stepY;
    w += 3 * tap;
  }
  storeOf<Width>(y, bounded(s0, low, high), left);
  storeOf<Width>(y + out, bounded(s1, low, high), left);
  storeOf<Width>(y + 2 * out, bounded(s2, low, high), left);
  storeOf<Width>(y + 3 * out, bounded(s3, low, high), left);
}

/** Kernels of three columns, four outputs `stride` taps apart. */
function fourOfThree(
  x: usize, w: usize, bias: usize, y: usize, channels: i32, height: i32, stride: i32, stepY: usize, step: usize, tap: usize,
  activation: i32,
): void {
  const end = channels & ~3;
  const low = lowerBound(activation), high = upperBound(activation);
  let j = 0;
  if (stride == 1) {
    for (; j < end; j += 4) {
      const at = <usize>j << 2;
      neighbours<Four>(x + at, w + at, bias ? bias + at : 0, y + at, 4, height, stepY, step, tap, low, high);
    }
  } else {
    for (; j < end; j += 4) {
      const at = <usize>j << 2;
      everySecond<Four>(x + at, w + at, bias ? bias + at : 0, y + at, 4, height, stepY, step, tap, low, high);
    }
  }
  if (j == channels) return;
  const at = <usize>j << 2, left = channels - j;
  if (stride == 1) neighbours<Fewer>(x + at, w + at, bias ? bias + at : 0, y + at, left, height, stepY, step, tap, low, high);
  else everySecond<Fewer>(x + at, w + at, bias ? bias + at : 0, y + at, left, height, stepY, step, tap, low, high);
}

/** One output, over the part of its window that lies inside. */
function one(
  x: usize, w: usize, bias: usize, y: usize, outChannels: i32, multiplier: i32, height: i32, width: i32,
  tapRow: usize, stepY: usize, stepX: usize, tap: usize, activation: i32,
): void {
  let j = 0;
  if (multiplier == 1) {
    for (; j + 4 <= outChannels; j += 4) {
      const at = <usize>j << 2;
      let s = bias ? v128.load(bias + at) : zeros();
      for (let ky = 0, line = x + at, weights = w + at; ky < height; ky++, line += stepY, weights += tapRow) {
        for (let kx = 0, p = line, q = weights; kx < width; kx++, p += stepX, q += tap) s = fma(v128.load(p), v128.load(q), s);
      }
      v128.store(y + at, activate(s, activation));
    }
  }
  for (; j < outChannels; j += 4) {
    const left = outChannels - j;
    const at = <usize>j << 2;
    let s = bias ? loadPartial(bias + at, left) : zeros();
    for (let ky = 0, line = x, weights = w + at; ky < height; ky++, line += stepY, weights += tapRow) {
      for (let kx = 0, p = line, q = weights; kx < width; kx++, p += stepX, q += tap) {
        s = fma(inputsOf(p, j, multiplier, left), loadPartial(q, left), s);
      }
    }
    storePartial(y + at, activate(s, activation), left);
  }
}

/** The gradient with respect to the input: each entry gathers from the outputs whose windows cover it. */
export function depthwiseInputGradient(
  dy: usize, w: usize, dx: usize, batch: i32, channels: i32, multiplier: i32,
  inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, kernelHeight: i32, kernelWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, left: i32,
): void {
  const outChannels = channels * multiplier;
  const pixel = <usize>outChannels << 2, row = <usize>outWidth * pixel;
  for (let b = 0; b < batch; b++, dy += <usize>outHeight * row) {
    for (let iy = 0; iy < inHeight; iy++) {
      for (let ix = 0; ix < inWidth; ix++, dx += <usize>channels << 2) {
        memory.fill(dx, 0, <usize>channels << 2);
        for (let ky = 0; ky < kernelHeight; ky++) {
          const v = iy + top - ky * dilationHeight;
          if (v < 0 || v % strideHeight != 0 || v / strideHeight >= outHeight) continue;
          const line = dy + <usize>(v / strideHeight) * row;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const u = ix + left - kx * dilationWidth;
            if (u < 0 || u % strideWidth != 0 || u / strideWidth >= outWidth) continue;
            addProducts(line + <usize>(u / strideWidth) * pixel, w + <usize>(ky * kernelWidth + kx) * pixel, dx, channels, multiplier);
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addProducts(dy: usize, w: usize, dx: usize, channels: i32, multiplier: i32): void {
  if (multiplier == 1) {
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c << 2;
      v128.store(dx + at, fma(v128.load(dy + at), v128.load(w + at), v128.load(dx + at)));
    }
    if (c < channels) {
      const at = <usize>c << 2, left = channels - c;
      storePartial(dx + at, fma(loadPartial(dy + at, left), loadPartial(w + at, left), loadPartial(dx + at, left)), left);
    }
    return;
  }
  for (let c = 0; c < channels; c++) {
    let s = zeros();
    const at = <usize>(c * multiplier) << 2;
    for (let m = 0; m < multiplier; m += 4) {
      const here = at + (<usize>m << 2);
      s = fma(loadPartial(dy + here, multiplier - m), loadPartial(w + here, multiplier - m), s);
    }
    const to = dx + (<usize>c << 2);
    store<f32>(to, load<f32>(to) + sumOfLanes(s));
  }
}

/** The gradient with respect to the filter, added to `dw`: row by row of the output, so that both rows stay in the cache. */
export function depthwiseFilterGradient(
  x: usize, dy: usize, dw: usize, batch: i32, channels: i32, multiplier: i32,
  inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, kernelHeight: i32, kernelWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, left: i32,
): void {
  const pixelX = <usize>channels << 2, rowX = <usize>inWidth * pixelX;
  const outChannels = channels * multiplier;
  const pixel = <usize>outChannels << 2;
  for (let b = 0; b < batch; b++, x += <usize>inHeight * rowX) {
    for (let oy = 0; oy < outHeight; oy++, dy += <usize>outWidth * pixel) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        const iy = oy * strideHeight - top + ky * dilationHeight;
        if (iy < 0 || iy >= inHeight) continue;
        const line = x + <usize>iy * rowX;
        for (let kx = 0; kx < kernelWidth; kx++) {
          // Outputs whose tap lies inside the row.
          const offset = kx * dilationWidth - left;
          const first = offset >= 0 ? 0 : (-offset + strideWidth - 1) / strideWidth;
          const end = min(outWidth, inWidth > offset ? (inWidth - offset + strideWidth - 1) / strideWidth : 0);
          if (end <= first) continue;
          alongRow(
            line + <usize>(first * strideWidth + offset) * pixelX, dy + <usize>first * pixel, dw + <usize>(ky * kernelWidth + kx) * pixel,
            end - first, outChannels, multiplier, <usize>strideWidth * pixelX, pixel,
          );
        }
      }
    }
  }
}

function alongRow(x: usize, dy: usize, dw: usize, count: i32, outChannels: i32, multiplier: i32, stepX: usize, stepY: usize): void {
  let j = 0;
  if (multiplier == 1) {
    // Sixteen channels at a time keep four chains of additions busy.
    for (; j + 16 <= outChannels; j += 16) {
      const at = <usize>j << 2;
      let s0 = v128.load(dw + at), s1 = v128.load(dw + at, 16), s2 = v128.load(dw + at, 32), s3 = v128.load(dw + at, 48);
      let p = x + at, q = dy + at;
      for (let i = 0; i < count; i++) {
        s0 = fma(v128.load(p), v128.load(q), s0);
        s1 = fma(v128.load(p, 16), v128.load(q, 16), s1);
        s2 = fma(v128.load(p, 32), v128.load(q, 32), s2);
        s3 = fma(v128.load(p, 48), v128.load(q, 48), s3);
        p += stepX;
        q += stepY;
      }
      v128.store(dw + at, s0);
      v128.store(dw + at, s1, 16);
      v128.store(dw + at, s2, 32);
      v128.store(dw + at, s3, 48);
    }
  }
  for (; j < outChannels; j += 4) {
    const at = <usize>j << 2, left = outChannels - j;
    let s = loadPartial(dw + at, left);
    let p = x, q = dy + at;
    for (let i = 0; i < count; i++) {
      s = fma(inputsOf(p, j, multiplier, left), loadPartial(q, left), s);
      p += stepX;
      q += stepY;
    }
    storePartial(dw + at, s, left);
  }
}
