// Depthwise convolutions of small images of many channels. There a pixel is as long as a page: neighbours meet in the same few places of the cache
// and drive each other out. So some channels at a time are copied next to each other, with zeros around the image.
import { everySecond, Four, neighbours } from './depthwise';
import { bounded, fma, loadPartial, lowerBound, storePartial, upperBound, zeros } from './lanes';

/** Bytes of a copied image that nearly stay in the first-level cache. */
const LIMIT: i32 = 34 * 1024;

/**
 * Bytes of the channels that are copied at a time: as many as there is room for, as runs are fetched ahead. Types, as known distances between the
 * vectors of a window save their computation.
 */
class Wide {}
class Narrow {}

// @ts-ignore: decorator
@inline
function bytesOf<Block>(): i32 {
  return idof<Block>() == idof<Wide>() ? 128 : 64;
}

/** 0 for an image that is too large. */
// @ts-ignore: decorator
@inline
function blockOf(height: i32, width: i32): i32 {
  const pixels = height * width;
  return pixels * bytesOf<Wide>() <= LIMIT ? bytesOf<Wide>() : pixels * bytesOf<Narrow>() <= LIMIT ? bytesOf<Narrow>() : 0;
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
function any<Block>(
  count: i32, x: usize, next: usize, w: usize, bias: usize, y: usize, left: i32, kernelHeight: i32, kernelWidth: i32, stepY: usize,
  stepX: usize, low: v128, high: v128, out: usize,
): void {
  let s0 = bias ? loadPartial(bias, left) : zeros();
  let s1 = s0, s2 = s0, s3 = s0;
  for (let ky = 0; ky < kernelHeight; ky++, x += stepY) {
    for (let kx = 0, p = x; kx < kernelWidth; kx++, p += stepX, w += bytesOf<Block>()) {
      const weight = v128.load(w);
      s0 = fma(v128.load(p), weight, s0);
      if (count > 1) {
        s1 = fma(v128.load(p + next), weight, s1);
        s2 = fma(v128.load(p + 2 * next), weight, s2);
        s3 = fma(v128.load(p + 3 * next), weight, s3);
      }
    }
  }
  storePartial(y, bounded(s0, low, high), left);
  if (count > 1) {
    storePartial(y + out, bounded(s1, low, high), left);
    storePartial(y + 2 * out, bounded(s2, low, high), left);
    storePartial(y + 3 * out, bounded(s3, low, high), left);
  }
}

/** Four neighbours of one vector of channels with a kernel of any size. */
function four<Block>(
  x: usize, next: usize, w: usize, bias: usize, y: usize, left: i32, kernelHeight: i32, kernelWidth: i32, stepY: usize,
  stepX: usize, low: v128, high: v128, out: usize,
): void {
  any<Block>(4, x, next, w, bias, y, left, kernelHeight, kernelWidth, stepY, stepX, low, high, out);
}

/** One of them. */
function one<Block>(
  x: usize, w: usize, bias: usize, y: usize, left: i32, kernelHeight: i32, kernelWidth: i32, stepY: usize, stepX: usize,
  low: v128, high: v128,
): void {
  any<Block>(1, x, 0, w, bias, y, left, kernelHeight, kernelWidth, stepY, stepX, low, high, 0);
}

class Next {}
class Second {}

/** All vectors of some channels, four outputs of a kernel of three columns each: neighbours, or every second. */
// @ts-ignore: decorator
@inline
function ofThree<Block, Outputs>(
  x: usize, w: usize, bias: usize, y: usize, end: usize, height: i32, stepY: usize, low: v128, high: v128, pixel: usize,
): void {
  const step = <usize>bytesOf<Block>();
  for (; y < end; x += 16, w += 16, y += 16) {
    if (idof<Outputs>() == idof<Next>()) neighbours<Four>(x, w, bias, y, 4, height, stepY, step, step, low, high, pixel);
    else everySecond<Four>(x, w, bias, y, 4, height, stepY, step, step, low, high, pixel);
    if (bias) bias += 16;
  }
}

function neighboursOfThree<Block>(
  x: usize, w: usize, bias: usize, y: usize, end: usize, height: i32, stepY: usize, low: v128, high: v128, pixel: usize,
): void {
  ofThree<Block, Next>(x, w, bias, y, end, height, stepY, low, high, pixel);
}

function secondOfThree<Block>(
  x: usize, w: usize, bias: usize, y: usize, end: usize, height: i32, stepY: usize, low: v128, high: v128, pixel: usize,
): void {
  ofThree<Block, Second>(x, w, bias, y, end, height, stepY, low, high, pixel);
}

/** See `depthwise`; `height` and `width` are those of the padded image. */
export function depthwiseBlocks(
  x: usize, w: usize, bias: usize, y: usize, batch: i32, channels: i32, inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, before: i32,
  height: i32, width: i32, activation: i32, scratch: usize,
): void {
  if (blockOf(height, width) == bytesOf<Wide>()) {
    blocks<Wide>(
      x, w, bias, y, batch, channels, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth,
      dilationHeight, dilationWidth, top, before, height, width, activation, scratch,
    );
  } else {
    blocks<Narrow>(
      x, w, bias, y, batch, channels, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth,
      dilationHeight, dilationWidth, top, before, height, width, activation, scratch,
    );
  }
}

function blocks<Block>(
  x: usize, w: usize, bias: usize, y: usize, batch: i32, channels: i32, inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, before: i32,
  height: i32, width: i32, activation: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const block = <usize>bytesOf<Block>();
  const weights = scratch + <usize>(height * width) * block;
  const stepX = <usize>dilationWidth * block, stepY = <usize>(dilationHeight * width) * block;
  const next = <usize>strideWidth * block, down = <usize>(strideHeight * width) * block;
  const inside = scratch + <usize>(top * width + before) * block;
  const low = lowerBound(activation), high = upperBound(activation);
  const isThree = kernelWidth == 3 && dilationWidth == 1 && strideWidth <= 2 && outWidth >= 4;
  memory.fill(scratch, 0, <usize>(height * width) * block);
  for (let c = 0; c < channels; c += <i32>block >> 2) {
    const left = channels - c;
    const shift = bias ? bias + (<usize>c << 2) : 0;
    // Of a kernel of three columns, all full vectors at once.
    const fast = isThree ? min(block, <usize>(left & ~3) << 2) : 0;
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
          const corner = scratch + <usize>oy * down + <usize>ox * next, to = line + <usize>ox * pixel;
          if (fast) {
            if (strideWidth == 1) neighboursOfThree<Block>(corner, weights, shift, to, to + fast, kernelHeight, stepY, low, high, pixel);
            else secondOfThree<Block>(corner, weights, shift, to, to + fast, kernelHeight, stepY, low, high, pixel);
          }
          for (let lane = fast, rest = left - <i32>(fast >> 2); lane < block && rest > 0; lane += 16, rest -= 4) {
            const p = corner + lane, q = weights + lane, own = shift ? shift + lane : 0;
            if (outWidth < 4) one<Block>(p, q, own, to + lane, rest, kernelHeight, kernelWidth, stepY, stepX, low, high);
            else four<Block>(p, next, q, own, to + lane, rest, kernelHeight, kernelWidth, stepY, stepX, low, high, pixel);
          }
          ox += outWidth < 4 ? 1 : 4;
        }
      }
    }
  }
}
