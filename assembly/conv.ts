// Two-dimensional convolutions, NHWC, filters HWIO. Strides, dilations, padding and sizes in elements.
import { tile1, tile2, tile3, tile4, tileRows } from './tile';
import { packB } from './gemm';

/** Sets `bytes` bytes to zero. */
export function clear(p: usize, bytes: usize): void {
  memory.fill(p, 0, bytes);
}

/** Copies an image `[height, width, channels]` into the middle of one of zeros, so that windows never leave it. */
export function padImage(
  x: usize, height: i32, width: i32, channels: i32, top: i32, left: i32, paddedHeight: i32, paddedWidth: i32, out: usize,
): void {
  const row = <usize>(width * channels) << 2;
  const paddedRow = <usize>(paddedWidth * channels) << 2;
  const before = <usize>(left * channels) << 2;
  const after = paddedRow - before - row;
  const above = <usize>top * paddedRow;
  memory.fill(out, 0, above);
  out += above;
  for (let y = 0; y < height; y++) {
    memory.fill(out, 0, before);
    memory.copy(out + before, x, row);
    memory.fill(out + before + row, 0, after);
    out += paddedRow;
    x += row;
  }
  memory.fill(out, 0, <usize>(paddedHeight - height - top) * paddedRow);
}

/** Output rows whose pixels make one block of the filter gradient: about 768 steps of the inner dimension. */
// @ts-ignore: decorator
@inline
function rowsOfBlock(outHeight: i32, outWidth: i32): i32 {
  return min(outHeight, max(1, 768 / max(1, outWidth)));
}

/** Bytes of scratch that {@link conv2dFilterGradient} needs. */
export function conv2dFilterGradientScratch(outHeight: i32, outWidth: i32, outChannels: i32): i32 {
  return 4 * rowsOfBlock(outHeight, outWidth) * outWidth * ((outChannels + 7) & ~7);
}

/**
 * Adds the gradient of one image to `dw[kernelHeight, kernelWidth, channels, outChannels]`; with `accumulate` 0 the
 * first block overwrites it. The windows of `x[height, width, channels]` must lie inside it (see {@link padImage}).
 *
 * A product of the windows, transposed, with `dy[outHeight, outWidth, outChannels]`: the windows are read where they
 * lie, since over one row of the output an element of the window moves by a constant step.
 */
export function conv2dFilterGradient(
  x: usize, width: i32, channels: i32, dy: usize, outHeight: i32, outWidth: i32, outChannels: i32,
  dw: usize, kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32,
  accumulate: i32, scratch: usize,
): void {
  const rowX = <usize>(width * channels) << 2;
  const outer = <usize>strideHeight * rowX;
  const inner = <usize>(strideWidth * channels) << 2;
  const rowOut = <usize>outChannels << 2;
  const m = kernelHeight * kernelWidth * channels;
  const block = rowsOfBlock(outHeight, outWidth);
  // With few rows packing costs more than it saves.
  const direct = m <= 16 && (outChannels & 7) == 0;
  for (let y0 = 0; y0 < outHeight; y0 += block) {
    const lines = min(block, outHeight - y0);
    const steps = lines * outWidth;
    const from = dy + <usize>(y0 * outWidth) * rowOut;
    if (!direct) packB(steps, outChannels, from, outChannels, 1, scratch);
    const origin = x + <usize>y0 * outer;
    for (let j = 0; j < outChannels; j += 8) {
      const columns = min(8, outChannels - j);
      const panel = direct ? from + (<usize>j << 2) : scratch + 4 * <usize>steps * <usize>j;
      const stepB = direct ? rowOut : 32;
      let c = dw + (<usize>j << 2);
      for (let i = 0; i < m; ) {
        const height = tileRows(m - i);
        const a0 = origin + windowOffset(i, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
        if (height == 1) {
          tile1(lines, outer, outWidth, inner, a0, panel, stepB, c, columns, 0, 0, accumulate);
        } else {
          const a1 = origin + windowOffset(i + 1, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
          if (height == 2) {
            tile2(lines, outer, outWidth, inner, a0, a1, panel, stepB, c, rowOut, columns, 0, 0, accumulate);
          } else {
            const a2 = origin + windowOffset(i + 2, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
            if (height == 3) {
              tile3(lines, outer, outWidth, inner, a0, a1, a2, panel, stepB, c, rowOut, columns, 0, 0, accumulate);
            } else {
              const a3 = origin + windowOffset(i + 3, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
              tile4(lines, outer, outWidth, inner, a0, a1, a2, a3, panel, stepB, c, rowOut, columns, 0, 0, accumulate);
            }
          }
        }
        i += height;
        c += <usize>height * rowOut;
      }
    }
    accumulate = 1;
  }
}

/** Bytes from the corner of a window to its element `i`, counted in filter order. */
// @ts-ignore: decorator
@inline
function windowOffset(i: i32, kernelWidth: i32, channels: i32, dilationHeight: i32, dilationWidth: i32, rowX: usize): usize {
  const position = i / channels;
  const channel = i - position * channels;
  const ky = position / kernelWidth;
  const kx = position - ky * kernelWidth;
  return <usize>(ky * dilationHeight) * rowX + (<usize>(kx * dilationWidth * channels + channel) << 2);
}
