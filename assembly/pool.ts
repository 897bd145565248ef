// Pools over planes and volumes, channels last, and their gradients.
import { loadPartial, storePartial, zeros } from './lanes';
import { poolLine, poolLineBytes } from './pool-line';

const MAX = 0, AVERAGE = 1, MAX_GRADIENT = 2, AVERAGE_GRADIENT = 3, ARGMAX = 4;

/** The first tap of a window that begins at `begin` that lies inside. */
// @ts-ignore: decorator
@inline
function firstInside(begin: i32, dilation: i32): i32 {
  return begin >= 0 ? 0 : (-begin + dilation - 1) / dilation;
}

/** One behind the last tap that lies inside, at least the first. */
// @ts-ignore: decorator
@inline
function endInside(begin: i32, size: i32, kernel: i32, dilation: i32, first: i32): i32 {
  return max(first, min(kernel, (size - begin + dilation - 1) / dilation));
}

/** Bytes of scratch that {@link pool} needs. */
export function poolScratch(channels: i32, inWidth: i32): i32 {
  return poolLineBytes(channels, inWidth);
}

/**
 * `mode` 0: `y` is the largest of each window, -Infinity of an empty one; NaN passes through.
 * 1: the mean of the entries that a window covers.
 * 2: `y` is the gradient of the largest, and is added to `dx` where the first of the largest is.
 * 3: `y` is the gradient of the mean, a share of `y / (window size)` is added to each entry that the window covers.
 * 4: `y` is the largest, and `dx` an int32 tensor of its index in `x`, counted from the image, or from `x` with `wholeIndex`.
 * `scratch`: {@link poolScratch} bytes.
 */
export function pool(
  mode: i32, x: usize, y: usize, dx: usize, batch: i32, channels: i32,
  inDepth: i32, inHeight: i32, inWidth: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  kernelDepth: i32, kernelHeight: i32, kernelWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32,
  dilationDepth: i32, dilationHeight: i32, dilationWidth: i32, front: i32, top: i32, left: i32, wholeIndex: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const row = <usize>inWidth * pixel;
  const plane = <usize>inHeight * row;
  const share: f32 = 1 / <f32>(kernelDepth * kernelHeight * kernelWidth);
  for (let b = 0; b < batch; b++) {
    const image = <usize>b * <usize>inDepth * plane;
    for (let oz = 0; oz < outDepth; oz++) {
      const z = oz * strideDepth - front;
      const z0 = firstInside(z, dilationDepth), z1 = endInside(z, inDepth, kernelDepth, dilationDepth, z0);
      for (let oy = 0; oy < outHeight; oy++) {
        const v = oy * strideHeight - top;
        const v0 = firstInside(v, dilationHeight), v1 = endInside(v, inHeight, kernelHeight, dilationHeight, v0);
        if (kernelDepth == 1 && z1 > z0 && v1 > v0 && mode <= AVERAGE && strideWidth <= 2 * kernelWidth) {
          const from = x + image + <usize>z * plane + <usize>(v + v0 * dilationHeight) * row;
          const done = poolLine(
            mode == AVERAGE, from, y, channels, inWidth, outWidth, v1 - v0, <usize>dilationHeight * row, kernelWidth, strideWidth,
            dilationWidth, left, scratch,
          );
          if (done) {
            y += <usize>outWidth * pixel;
            continue;
          }
        }
        for (let ox = 0; ox < outWidth; ox++) {
          const u = ox * strideWidth - left;
          const u0 = firstInside(u, dilationWidth), u1 = endInside(u, inWidth, kernelWidth, dilationWidth, u0);
          const at = image + <usize>(z + z0 * dilationDepth) * plane + <usize>(v + v0 * dilationHeight) * row
            + <usize>(u + u0 * dilationWidth) * pixel;
          if (mode == MAX) {
            largest(x + at, y, channels, z1 - z0, v1 - v0, u1 - u0, <usize>dilationDepth * plane, <usize>dilationHeight * row, <usize>dilationWidth * pixel);
          } else if (mode == AVERAGE) {
            mean(x + at, y, channels, z1 - z0, v1 - v0, u1 - u0, <usize>dilationDepth * plane, <usize>dilationHeight * row, <usize>dilationWidth * pixel);
          } else if (mode == MAX_GRADIENT) {
            toLargest(x + at, y, dx + at, channels, z1 - z0, v1 - v0, u1 - u0, <usize>dilationDepth * plane, <usize>dilationHeight * row, <usize>dilationWidth * pixel);
          } else if (mode == AVERAGE_GRADIENT) {
            spread(y, share, dx + at, channels, z1 - z0, v1 - v0, u1 - u0, <usize>dilationDepth * plane, <usize>dilationHeight * row, <usize>dilationWidth * pixel);
          } else if (mode == ARGMAX) {
            largest(x + at, y, channels, 1, v1 - v0, u1 - u0, 0, <usize>dilationHeight * row, <usize>dilationWidth * pixel);
            indexOfLargest(x + at, y, dx, channels, v1 - v0, u1 - u0, <usize>dilationHeight * row, <usize>dilationWidth * pixel, <i32>((at - (wholeIndex ? 0 : image)) >> 2));
            dx += pixel;
          }
          y += pixel;
        }
      }
    }
  }
}

function largest(x: usize, y: usize, channels: i32, depth: i32, height: i32, width: i32, stepZ: usize, stepY: usize, stepX: usize): void {
  let c = 0;
  // Windows are small: many channels at once spread the cost of their loops.
  for (; c + 16 <= channels; c += 16) {
    let m0 = f32x4.splat(-Infinity), m1 = m0, m2 = m0, m3 = m0;
    for (let i = 0, p = x; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) {
          m0 = f32x4.max(m0, v128.load(r));
          m1 = f32x4.max(m1, v128.load(r, 16));
          m2 = f32x4.max(m2, v128.load(r, 32));
          m3 = f32x4.max(m3, v128.load(r, 48));
        }
      }
    }
    v128.store(y, m0);
    v128.store(y, m1, 16);
    v128.store(y, m2, 32);
    v128.store(y, m3, 48);
    x += 64;
    y += 64;
  }
  for (; c < channels; c += 4) {
    let m = f32x4.splat(-Infinity);
    for (let i = 0, p = x; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) m = f32x4.max(m, loadPartial(r, channels - c));
      }
    }
    storePartial(y, m, channels - c);
    x += 16;
    y += 16;
  }
}

function mean(x: usize, y: usize, channels: i32, depth: i32, height: i32, width: i32, stepZ: usize, stepY: usize, stepX: usize): void {
  const share = f32x4.splat(1 / <f32>(depth * height * width));
  let c = 0;
  for (; c + 16 <= channels; c += 16) {
    let s0 = zeros(), s1 = zeros(), s2 = zeros(), s3 = zeros();
    for (let i = 0, p = x; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) {
          s0 = f32x4.add(s0, v128.load(r));
          s1 = f32x4.add(s1, v128.load(r, 16));
          s2 = f32x4.add(s2, v128.load(r, 32));
          s3 = f32x4.add(s3, v128.load(r, 48));
        }
      }
    }
    v128.store(y, f32x4.mul(s0, share));
    v128.store(y, f32x4.mul(s1, share), 16);
    v128.store(y, f32x4.mul(s2, share), 32);
    v128.store(y, f32x4.mul(s3, share), 48);
    x += 64;
    y += 64;
  }
  for (; c < channels; c += 4) {
    let s = zeros();
    for (let i = 0, p = x; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) s = f32x4.add(s, loadPartial(r, channels - c));
      }
    }
    storePartial(y, f32x4.mul(s, share), channels - c);
    x += 16;
    y += 16;
  }
}

function toLargest(
  x: usize, dy: usize, dx: usize, channels: i32, depth: i32, height: i32, width: i32, stepZ: usize, stepY: usize, stepX: usize,
): void {
  for (let c = 0; c < channels; c += 4) {
    const left = channels - c;
    let m = f32x4.splat(-Infinity);
    for (let i = 0, p = x; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) m = f32x4.max(m, loadPartial(r, left));
      }
    }
    // The first entry that equals the largest takes the gradient, of each channel on its own.
    let rest = loadPartial(dy, left);
    let open = i32x4.splat(-1);
    for (let i = 0, p: usize = 0; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) {
          const here = v128.and(f32x4.eq(loadPartial(x + r, left), m), open);
          if (v128.any_true(here)) {
            storePartial(dx + r, f32x4.add(loadPartial(dx + r, left), v128.and(rest, here)), left);
            open = v128.andnot(open, here);
          }
        }
      }
    }
    x += 16;
    dx += 16;
    dy += 16;
  }
}

function spread(
  dy: usize, share: f32, dx: usize, channels: i32, depth: i32, height: i32, width: i32, stepZ: usize, stepY: usize, stepX: usize,
): void {
  for (let c = 0; c < channels; c += 4) {
    const left = channels - c;
    const part = f32x4.mul(loadPartial(dy, left), f32x4.splat(share));
    for (let i = 0, p = dx; i < depth; i++, p += stepZ) {
      for (let j = 0, q = p; j < height; j++, q += stepY) {
        for (let k = 0, r = q; k < width; k++, r += stepX) storePartial(r, f32x4.add(loadPartial(r, left), part), left);
      }
    }
    dx += 16;
    dy += 16;
  }
}

function indexOfLargest(
  x: usize, m: usize, index: usize, channels: i32, height: i32, width: i32, stepY: usize, stepX: usize, first: i32,
): void {
  for (let c = 0; c < channels; c++) {
    const value = load<f32>(m);
    let found = 0;
    for (let j = 0, q: usize = 0; j < height && !found; j++, q += stepY) {
      for (let k = 0, r = q; k < width && !found; k++, r += stepX) {
        const v = load<f32>(x + r);
        if (v == value || v != v) {
          store<i32>(index, first + c + <i32>(r >> 2));
          found = 1;
        }
      }
    }
    if (!found) store<i32>(index, -1);
    x += 4;
    m += 4;
    index += 4;
  }
}
