// Depthwise convolutions of small images of many channels. There a pixel is as long as a page: neighbours meet in the same few places of the cache
// and drive each other out. So some channels at a time are copied next to each other, with zeros around the image.
import { everySecond, Four, neighbours } from './depthwise';
import { activate, fma, loadPartial, storePartial, zeros } from './lanes';

/** Bytes of a copied image that nearly stay in the first-level cache. */
const LIMIT: i32 = 34 * 1024;

/** Bytes of the channels that are copied at a time: as many as there is room for, as runs are fetched ahead. 0 for an image that is too large. */
// @ts-ignore: decorator
@inline
function blockOf(height: i32, width: i32): i32 {
  const pixels = height * width;
  return pixels * 256 <= LIMIT ? 256 : pixels * 128 <= LIMIT ? 128 : pixels * 64 <= LIMIT ? 64 : 0;
}

/** Bytes of scratch that {@link depthwiseBlocks} needs for a padded image, 0 where it is not the way. */
export function depthwiseBlocksScratch(height: i32, width: i32, taps: i32): i32 {
  return blockOf(height, width) * (height * width + taps);
}

/** Copies `block` bytes of channels, or the `left` last channels with zeros behind them. */
// @ts-ignore: decorator
@inline
function copyBlock(from: usize, left: i32, to: usize, block: usize): void {
  if (<usize>left << 2 >= block) {
    for (let i: usize = 0; i < block; i += 64) {
      v128.store(to + i, v128.load(from + i));
      v128.store(to + i, v128.load(from + i, 16), 16);
      v128.store(to + i, v128.load(from + i, 32), 32);
      v128.store(to + i, v128.load(from + i, 48), 48);
    }
    return;
  }
  for (let i: usize = 0; i < block; i += 16, left -= 4) v128.store(to + i, left > 0 ? loadPartial(from + i, left) : zeros());
}

/** Some neighbours of one vector of channels, with a kernel of any size. */
// @ts-ignore: decorator
@inline
function any(
  count: i32, x: usize, next: usize, w: usize, tap: usize, bias: v128, y: usize, left: i32, kernelHeight: i32, kernelWidth: i32, stepY: usize,
  stepX: usize, activation: i32, out: usize,
): void {
  let s0 = bias, s1 = bias, s2 = bias, s3 = bias;
  for (let ky = 0; ky < kernelHeight; ky++, x += stepY) {
    for (let kx = 0, p = x; kx < kernelWidth; kx++, p += stepX, w += tap) {
      const weight = v128.load(w);
      s0 = fma(v128.load(p), weight, s0);
      if (count > 1) {
        s1 = fma(v128.load(p + next), weight, s1);
        s2 = fma(v128.load(p + 2 * next), weight, s2);
        s3 = fma(v128.load(p + 3 * next), weight, s3);
      }
    }
  }
  storePartial(y, activate(s0, activation), left);
  if (count > 1) {
    storePartial(y + out, activate(s1, activation), left);
    storePartial(y + 2 * out, activate(s2, activation), left);
    storePartial(y + 3 * out, activate(s3, activation), left);
  }
}

/** Four neighbours of one vector of channels with a kernel of any size. */
function four(
  x: usize, next: usize, w: usize, tap: usize, bias: usize, y: usize, left: i32, kernelHeight: i32, kernelWidth: i32, stepY: usize,
  stepX: usize, activation: i32, out: usize,
): void {
  any(4, x, next, w, tap, bias ? loadPartial(bias, left) : zeros(), y, left, kernelHeight, kernelWidth, stepY, stepX, activation, out);
}

/** One of them. */
function one(
  x: usize, w: usize, tap: usize, bias: usize, y: usize, left: i32, kernelHeight: i32, kernelWidth: i32, stepY: usize, stepX: usize,
  activation: i32,
): void {
  any(1, x, 0, w, tap, bias ? loadPartial(bias, left) : zeros(), y, left, kernelHeight, kernelWidth, stepY, stepX, activation, 0);
}

/** See `depthwise`; `height` and `width` are those of the padded image. */
export function depthwiseBlocks(
  x: usize, w: usize, bias: usize, y: usize, batch: i32, channels: i32, inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, before: i32,
  height: i32, width: i32, activation: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const block = <usize>blockOf(height, width);
  const weights = scratch + <usize>(height * width) * block;
  const stepX = <usize>dilationWidth * block, stepY = <usize>(dilationHeight * width) * block;
  const next = <usize>strideWidth * block, down = <usize>(strideHeight * width) * block;
  const inside = scratch + <usize>(top * width + before) * block;
  memory.fill(scratch, 0, <usize>(height * width) * block);
  for (let c = 0; c < channels; c += <i32>block >> 2) {
    const left = channels - c;
    for (let i = 0, from = w + (<usize>c << 2), to = weights; i < kernelHeight * kernelWidth; i++, from += pixel, to += block) {
      copyBlock(from, left, to, block);
    }
    for (let b = 0; b < batch; b++) {
      let from = x + <usize>(b * inHeight * inWidth) * pixel + (<usize>c << 2);
      for (let iy = 0; iy < inHeight; iy++) {
        let to = inside + <usize>(iy * width) * block;
        for (let ix = 0; ix < inWidth; ix++, from += pixel, to += block) copyBlock(from, left, to, block);
      }
      let line = y + <usize>(b * outHeight * outWidth) * pixel + (<usize>c << 2);
      for (let oy = 0; oy < outHeight; oy++, line += <usize>outWidth * pixel) {
        for (let ox = 0; ox < outWidth; ) {
          // The last ones are done again with those before them rather than one by one.
          if (ox + 4 > outWidth && outWidth >= 4) ox = outWidth - 4;
          const corner = scratch + <usize>oy * down + <usize>ox * next;
          for (let lane: usize = 0, rest = left; lane < block && rest > 0; lane += 16, rest -= 4) {
            const p = corner + lane, q = weights + lane, to = line + <usize>ox * pixel + lane;
            const shift = bias ? bias + (<usize>c << 2) + lane : 0;
            if (outWidth < 4) one(p, q, block, shift, to, rest, kernelHeight, kernelWidth, stepY, stepX, activation);
            else if (kernelWidth == 3 && next == stepX && rest >= 4) {
              neighbours<Four>(p, q, shift, to, 4, kernelHeight, stepY, stepX, block, activation, pixel);
            } else if (kernelWidth == 3 && next == 2 * stepX && rest >= 4) {
              everySecond<Four>(p, q, shift, to, 4, kernelHeight, stepY, stepX, block, activation, pixel);
            } else {
              four(p, next, q, block, shift, to, rest, kernelHeight, kernelWidth, stepY, stepX, activation, pixel);
            }
          }
          ox += outWidth < 4 ? 1 : 4;
        }
      }
    }
  }
}
