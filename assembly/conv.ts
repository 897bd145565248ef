// Two-dimensional convolutions, NHWC, filters HWIO. Strides, dilations, padding and sizes in elements.
import { gatherQuad, packB, packQuad } from './pack';
import { addBias, EDGE, prepareEdge, quadsTile, rowsTile, SHORT, SUM_APART } from './tile';

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
  return <i32>EDGE + 4 * rowsOfBlock(outHeight, outWidth) * outWidth * (((outChannels + 7) & ~7) + 4);
}

/**
 * Adds the gradient of one image to `dw[kernelHeight, kernelWidth, channels, outChannels]`; with `accumulate` 0 the
 * first block overwrites it. The windows of `x[height, width, channels]` must lie inside it (see {@link padImage}).
 *
 * A product of the windows, transposed, with `dy[outHeight, outWidth, outChannels]`. Four elements of the window at a
 * time are gathered over all pixels: over one row of the output they move by a constant step.
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
  const edge = scratch;
  prepareEdge(edge);
  scratch += EDGE;
  if (accumulate) accumulate = SUM_APART;
  // With few rows packing costs more than it saves.
  const direct = m <= 16 && (outChannels & 7) == 0;
  const quads = scratch + <usize>(block * outWidth * ((outChannels + 7) & ~7) << 2);
  for (let y0 = 0; y0 < outHeight; y0 += block) {
    const lines = min(block, outHeight - y0);
    const steps = lines * outWidth;
    const from = dy + <usize>(y0 * outWidth) * rowOut;
    if (!direct) packB(steps, outChannels, from, outChannels, 1, scratch);
    const origin = x + <usize>y0 * outer;
    for (let i = 0; i < m; i += 4) {
      const height = min(4, m - i);
      const a0 = origin + windowOffset(i, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
      let a1 = a0, a2 = a0, a3 = a0;
      if (height > 1) a1 = origin + windowOffset(i + 1, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
      if (height > 2) a2 = origin + windowOffset(i + 2, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
      if (height > 3) a3 = origin + windowOffset(i + 3, kernelWidth, channels, dilationHeight, dilationWidth, rowX);
      gatherQuad(lines, outer, outWidth, inner, a0, a1, a2, a3, quads);
      const c = dw + <usize>i * rowOut;
      for (let j = 0; j < outChannels; j += 8) {
        const panel = direct ? from + (<usize>j << 2) : scratch + 4 * <usize>steps * <usize>j;
        const stepB = direct ? rowOut : 32;
        quadsTile(height, steps, quads, panel, stepB, c + (<usize>j << 2), rowOut, min(8, outChannels - j), 0, 0, accumulate, edge);
      }
    }
    accumulate = SUM_APART;
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

/** How many times four windows of `depth` entries are gathered at once: 16 kB of them. */
// @ts-ignore: decorator
@inline
function quadsOf(depth: i32): i32 {
  return max(1, min(32, 1024 / depth));
}

/** Bytes of scratch that {@link conv2d} needs. */
export function conv2dScratch(kernelHeight: i32, kernelWidth: i32, channels: i32): i32 {
  const depth = kernelHeight * kernelWidth * channels;
  return <i32>EDGE + (kernelWidth * channels <= SHORT && depth > 0 ? 16 * depth * quadsOf(depth) : 0);
}

/** Bytes of packed panels that are kept in the first-level cache while all pixels of a block pass over them. */
const GROUP: i32 = 24 * 1024;
/** Bytes of input that are used again for each group of panels. */
const BLOCK: i32 = 256 * 1024;

/**
 * `y = activation(convolution + bias)` of one image, or added to `y` first when `accumulate` is 1.
 *
 * The filter is packed by `packB` as a matrix `[kernelHeight * kernelWidth * channels, outChannels]`. Windows must lie
 * inside the image (see {@link padImage}); they are read where they lie, without im2col: one row of a window is
 * contiguous when its columns are (`tapColumn` = `channels`).
 *
 * All steps are in elements: of x from tap to tap (`tapRow`, `tapColumn`) and from output to output (`rowX`, `pixelX`),
 * of y from output to output (`rowY`, `pixelY`). An input gradient is such a convolution, too, with steps of its own.
 * `scratch`: {@link conv2dScratch} bytes.
 */
export function conv2d(
  x: usize, channels: i32, kernelHeight: i32, kernelWidth: i32, tapRow: i32, tapColumn: i32, rowX: i32, pixelX: i32,
  packed: usize, y: usize, outHeight: i32, outWidth: i32, outChannels: i32, rowY: i32, pixelY: i32,
  bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  if (tapColumn == channels || kernelWidth == 1) {
    const depth = kernelHeight * kernelWidth * channels;
    convolve(
      x, kernelHeight, <usize>tapRow << 2, kernelWidth * channels, rowX, pixelX, packed, <usize>depth << 5,
      y, outHeight, outWidth, outChannels, rowY, pixelY, bias, activation, accumulate, scratch,
    );
    return;
  }
  // Columns of the window that lie apart (dilation): one row of it after the other is added.
  const depth = kernelWidth * channels;
  const panel = <usize>(kernelHeight * depth) << 5;
  for (let ky = 0; ky < kernelHeight; ky++) {
    const isLast = ky == kernelHeight - 1;
    if (ky > 0) bias = 0;
    convolve(
      x + (<usize>(ky * tapRow) << 2), kernelWidth, <usize>tapColumn << 2, channels, rowX, pixelX, packed + (<usize>(ky * depth) << 5),
      panel, y, outHeight, outWidth, outChannels, rowY, pixelY, bias, isLast ? activation : 0, accumulate | i32(ky > 0), scratch,
    );
  }
}

function convolve(
  x: usize, outer: i32, outerStep: usize, inner: i32, rowX: i32, pixelX: i32, packed: usize, panelBytes: usize,
  y: usize, outHeight: i32, outWidth: i32, outChannels: i32, rowY: i32, pixelY: i32,
  bias: usize, activation: i32, accumulate: i32, scratch: usize,
): void {
  // Rows of a window that are too short for products of their own are gathered.
  const short = inner <= SHORT;
  // So many pixels at a time.
  const most = short ? 4 * quadsOf(outer * inner) : 4;
  const edge = scratch;
  prepareEdge(edge);
  scratch += EDGE;
  const stepX = <usize>pixelX << 2, lineX = <usize>rowX << 2;
  const stepY = <usize>pixelY << 2, lineY = <usize>rowY << 2;
  // Where the output is dense a tile may go on in the next row.
  const dense = rowY == outWidth * pixelY;
  const group = max(1, GROUP / <i32>min(<usize>GROUP, panelBytes)) << 3;
  const block = min(outHeight, max(1, BLOCK / max(1, rowX << 2)));
  for (let row0 = 0; row0 < outHeight; row0 += block) {
    const rows = min(block, outHeight - row0);
    const pixels = rows * outWidth;
    const blockX = x + <usize>row0 * lineX;
    const blockY = y + <usize>row0 * lineY;
    for (let j0 = 0; j0 < outChannels; j0 += group) {
      const j1 = min(outChannels, j0 + group);
      let row = 0, column = 0;
      for (let p = 0; p < pixels; ) {
        const left = dense ? pixels - p : outWidth - column;
        const count = min(left, most);
        const toY = blockY + <usize>row * lineY + <usize>column * stepY;
        let a0: usize = 0, a1: usize = 0, a2: usize = 0, a3: usize = 0;
        let quad = scratch;
        for (let i = 0; i < count; i += 4) {
          a0 = blockX + <usize>row * lineX + <usize>column * stepX;
          a1 = a0, a2 = a0, a3 = a0;
          if (++column == outWidth) column = 0, row++;
          if (i + 1 < count) {
            a1 = blockX + <usize>row * lineX + <usize>column * stepX;
            if (++column == outWidth) column = 0, row++;
            if (i + 2 < count) {
              a2 = blockX + <usize>row * lineX + <usize>column * stepX;
              if (++column == outWidth) column = 0, row++;
              if (i + 3 < count) {
                a3 = blockX + <usize>row * lineX + <usize>column * stepX;
                if (++column == outWidth) column = 0, row++;
              }
            }
          }
          if (short) {
            packQuad(outer, outerStep, inner, a0, a1, a2, a3, quad);
            quad += <usize>(outer * inner) << 4;
          }
        }
        if (accumulate && bias) addBias(count, j1 - j0, toY + (<usize>j0 << 2), stepY, bias + (<usize>j0 << 2));
        let panel = packed + <usize>(j0 >> 3) * panelBytes;
        for (let j = j0; j < j1; j += 8) {
          const width = min(8, outChannels - j);
          const c = toY + (<usize>j << 2);
          const biasHere = bias ? bias + (<usize>j << 2) : 0;
          if (short) {
            quadsTile(count, outer * inner, scratch, panel, 32, c, stepY, width, biasHere, activation, accumulate, edge);
          } else {
            // One row of the window after the other is added.
            let add = accumulate, slab = panel;
            let at: usize = 0;
            for (let o = outer; o > 0; o--) {
              const f = o == 1 ? activation : 0;
              rowsTile(inner, a0 + at, a1 + at, a2 + at, a3 + at, slab, c, stepY, count, width, biasHere, f, add, edge);
              add = 1;
              at += outerStep;
              slab += <usize>inner << 5;
            }
          }
          panel += panelBytes;
        }
        p += count;
      }
    }
  }
}

/**
 * Packs the transposed taps of a filter `[kernelHeight, kernelWidth, channels, outChannels]` that an input gradient of
 * one phase uses: rows `firstRow - i * stepRow` for `i < rows`, columns alike, each `[outChannels, channels]`.
 */
export function packTaps(
  w: usize, kernelWidth: i32, channels: i32, outChannels: i32,
  rows: i32, firstRow: i32, stepRow: i32, columns: i32, firstColumn: i32, stepColumn: i32, packed: usize,
): void {
  const depth = rows * columns * outChannels;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const tap = (firstRow - i * stepRow) * kernelWidth + firstColumn - j * stepColumn;
      const from = w + (<usize>(tap * channels * outChannels) << 2);
      const to = packed + (<usize>((i * columns + j) * outChannels) << 5);
      // One panel at a time: a tap is a slab of each panel.
      for (let c = 0; c < channels; c += 8) {
        packB(outChannels, min(8, channels - c), from + (<usize>(c * outChannels) << 2), 1, outChannels, to + ((<usize>c * <usize>depth) << 2));
      }
    }
  }
}
