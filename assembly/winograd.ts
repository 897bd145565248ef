// Convolutions with a 3 x 3 window that moves by one, after Winograd, F(2 x 2, 3 x 3): outputs are made in tiles of 2 x 2,
// from 4 x 4 entries of the input, with 16 products where the sum over the window takes 36.
//
// Input tiles and filters are transformed, each of the 16 places of a tile is a matrix product over the channels, and the
// products are transformed back. The transforms add and halve, so results stay within a few roundings of the plain sum;
// larger tiles would not. But they spread infinities and NaN over a tile: where a result is not finite, the tile is
// computed again as a plain sum.
import { activate, loadPartial, storePartial, zeros } from './lanes';
import { packedBytes } from './pack';
import { EDGE, prepareEdge, rowsTile } from './tile';

/** Bytes of transformed tiles and products of a block. */
const BLOCK: i32 = 1536 * 1024;

// @ts-ignore: decorator
@inline
function upTo(value: i32, multiple: i32): i32 {
  return ((value + multiple - 1) / multiple) * multiple;
}

// @ts-ignore: decorator
@inline
function tilesOf(batch: i32, outHeight: i32, outWidth: i32): i32 {
  return batch * ((outHeight + 1) >> 1) * ((outWidth + 1) >> 1);
}

/** How many tiles are worked on at once. */
// @ts-ignore: decorator
@inline
function blockOf(tiles: i32, channels: i32, outChannels: i32): i32 {
  return min(tiles, max(64, (BLOCK / (64 * (upTo(channels, 4) + upTo(outChannels, 8)))) & ~3));
}

/** Bytes from one place of a tile to the next: not a multiple of 4096, at which lines of the first-level cache collide. */
// @ts-ignore: decorator
@inline
function placeBytes(tiles: i32, width: i32): usize {
  return <usize>(upTo(4 * tiles * width, 4096) + 256);
}

/** Bytes of scratch that {@link winograd} needs. */
export function winogradScratch(batch: i32, outHeight: i32, outWidth: i32, channels: i32, outChannels: i32): i32 {
  const block = blockOf(tilesOf(batch, outHeight, outWidth), channels, outChannels);
  const places = <i32>(placeBytes(block, upTo(channels, 4)) + placeBytes(block, upTo(outChannels, 8)));
  return <i32>EDGE + upTo(64 * channels + 16, 64) + 16 * places;
}

/** Bytes from one place of a transformed filter to the next: not a multiple of 4096, either. */
// @ts-ignore: decorator
@inline
function filterBytes(channels: i32, outChannels: i32): i32 {
  return packedBytes(channels, outChannels) + 256;
}

/** Bytes that {@link packWinograd} writes. */
export function winogradBytes(channels: i32, outChannels: i32): i32 {
  return 16 * filterBytes(channels, outChannels);
}

/** Up to four entries, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function loadSteps(p: usize, step: usize, n: i32): v128 {
  return step == 4 ? loadPartial(p, n) : loadApart(p, step, n);
}

function loadApart(p: usize, step: usize, n: i32): v128 {
  let v = zeros();
  if (n > 0) v = v128.load_lane<f32>(p, v, 0);
  if (n > 1) v = v128.load_lane<f32>(p + step, v, 1);
  if (n > 2) v = v128.load_lane<f32>(p + 2 * step, v, 2);
  if (n > 3) v = v128.load_lane<f32>(p + 3 * step, v, 3);
  return v;
}

/**
 * Transforms a filter, for each of the 16 places into panels as `packB` makes them. Steps in elements: its entry for row
 * `i`, column `j`, channel `c` and output `o` lies at `i * tapRow + j * tapColumn + c * stepChannel + o * stepOut`.
 */
export function packWinograd(
  w: usize, tapRow: i32, tapColumn: i32, stepChannel: i32, stepOut: i32, channels: i32, outChannels: i32, packed: usize,
): void {
  const row = <usize>tapRow << 2, column = <usize>tapColumn << 2;
  const step = <usize>stepOut << 2;
  const place = <usize>filterBytes(channels, outChannels);
  const half = f32x4.splat(0.5);
  for (let o = 0; o < outChannels; o += 4) {
    const left = outChannels - o;
    let from = w + <usize>o * step;
    let to = packed + <usize>(o >> 3) * (<usize>channels << 5) + (<usize>(o & 4) << 2);
    for (let c = 0; c < channels; c++) {
      for (let j: usize = 0; j < 4; j++) {
        // One column of the filter, transformed along the columns; then along the rows.
        let g0: v128, g1: v128, g2: v128;
        if (j == 0 || j == 3) {
          const p = j == 0 ? from : from + 2 * column;
          g0 = loadSteps(p, step, left);
          g1 = loadSteps(p + row, step, left);
          g2 = loadSteps(p + 2 * row, step, left);
        } else {
          g0 = middle(from, column, step, left, j, half);
          g1 = middle(from + row, column, step, left, j, half);
          g2 = middle(from + 2 * row, column, step, left, j, half);
        }
        const q = to + j * place;
        const outer = f32x4.add(g0, g2);
        v128.store(q, g0);
        v128.store(q + 4 * place, f32x4.mul(half, f32x4.add(outer, g1)));
        v128.store(q + 8 * place, f32x4.mul(half, f32x4.sub(outer, g1)));
        v128.store(q + 12 * place, g2);
        if (left <= 4 && !(o & 4)) {
          // The second half of the last panel.
          v128.store(q + 16, zeros());
          v128.store(q + 4 * place + 16, zeros());
          v128.store(q + 8 * place + 16, zeros());
          v128.store(q + 12 * place + 16, zeros());
        }
      }
      from += <usize>stepChannel << 2;
      to += 32;
    }
  }
}

// @ts-ignore: decorator
@inline
function middle(p: usize, column: usize, step: usize, left: i32, j: usize, half: v128): v128 {
  const outer = f32x4.add(loadSteps(p, step, left), loadSteps(p + 2 * column, step, left));
  const inner = loadSteps(p + column, step, left);
  return f32x4.mul(half, j == 1 ? f32x4.add(outer, inner) : f32x4.sub(outer, inner));
}

/** Copies the 4 x 4 entries of a tile, zeros where it leaves the image. */
function copyTile(x: usize, height: i32, width: i32, channels: i32, row: i32, column: i32, tile: usize): void {
  const pixel = <usize>channels << 2;
  const first = max(0, -column), end = max(first, min(4, width - column));
  for (let i = row; i < row + 4; i++, tile += 4 * pixel) {
    if (i < 0 || i >= height || first >= end) memory.fill(tile, 0, 4 * pixel);
    else {
      memory.fill(tile, 0, <usize>first * pixel);
      memory.copy(tile + <usize>first * pixel, x + <usize>(i * width + column + first) * pixel, <usize>(end - first) * pixel);
      memory.fill(tile + <usize>end * pixel, 0, <usize>(4 - end) * pixel);
    }
  }
}

/** One row of a transformed tile from two rows of the tile: `a + b` or `a - b`, then along the columns. */
// @ts-ignore: decorator
@inline
function transformRow(a: usize, b: usize, pixel: usize, add: bool, to: usize, place: usize): void {
  const a0 = v128.load(a), a1 = v128.load(a + pixel), a2 = v128.load(a + 2 * pixel), a3 = v128.load(a + 3 * pixel);
  const b0 = v128.load(b), b1 = v128.load(b + pixel), b2 = v128.load(b + 2 * pixel), b3 = v128.load(b + 3 * pixel);
  const t0 = add ? f32x4.add(a0, b0) : f32x4.sub(a0, b0);
  const t1 = add ? f32x4.add(a1, b1) : f32x4.sub(a1, b1);
  const t2 = add ? f32x4.add(a2, b2) : f32x4.sub(a2, b2);
  const t3 = add ? f32x4.add(a3, b3) : f32x4.sub(a3, b3);
  v128.store(to, f32x4.sub(t0, t2));
  v128.store(to + place, f32x4.add(t1, t2));
  v128.store(to + 2 * place, f32x4.sub(t2, t1));
  v128.store(to + 3 * place, f32x4.sub(t1, t3));
}

/** Transforms a tile whose rows are `row` bytes apart. */
function transformTile(d: usize, row: usize, channels: i32, to: usize, place: usize): void {
  const pixel = <usize>channels << 2;
  for (let c = channels; c > 0; c -= 4) {
    const d1 = d + row, d2 = d1 + row, d3 = d2 + row;
    transformRow(d, d2, pixel, false, to, place);
    transformRow(d1, d2, pixel, true, to + 4 * place, place);
    transformRow(d2, d1, pixel, false, to + 8 * place, place);
    transformRow(d1, d3, pixel, false, to + 12 * place, place);
    d += 16;
    to += 16;
  }
}

/** Adds a residual, if there is one, and stores one vector of a pixel of a tile. */
// @ts-ignore: decorator
@inline
function finishPixel(y: usize, v: v128, residual: usize, left: i32, activation: i32): void {
  if (residual) v = f32x4.add(v, loadPartial(residual, left));
  storePartial(y, activate(v, activation), left);
}

/**
 * Transforms the products of one tile back, and adds the bias and the residual, which lies as `y` does. `rows` and `columns`
 * of the tile, 1 or 2, are stored. Gives 1 when all results are finite.
 */
function finishTile(
  m: usize, place: usize, outChannels: i32, y: usize, rowY: usize, rows: i32, columns: i32,
  bias: usize, residual: usize, activation: i32,
): i32 {
  const pixel = <usize>outChannels << 2;
  let check = zeros();
  for (let left = outChannels; left > 0; left -= 4) {
    let p = m;
    let a = v128.load(p), b = v128.load(p + place), c = v128.load(p + 2 * place), d = v128.load(p + 3 * place);
    let s = f32x4.add(f32x4.add(a, b), c), t = f32x4.sub(f32x4.sub(b, c), d);
    let y00 = s, y01 = t;
    p += 4 * place;
    a = v128.load(p), b = v128.load(p + place), c = v128.load(p + 2 * place), d = v128.load(p + 3 * place);
    s = f32x4.add(f32x4.add(a, b), c), t = f32x4.sub(f32x4.sub(b, c), d);
    y00 = f32x4.add(y00, s);
    y01 = f32x4.add(y01, t);
    let y10 = s, y11 = t;
    p += 4 * place;
    a = v128.load(p), b = v128.load(p + place), c = v128.load(p + 2 * place), d = v128.load(p + 3 * place);
    s = f32x4.add(f32x4.add(a, b), c), t = f32x4.sub(f32x4.sub(b, c), d);
    y00 = f32x4.add(y00, s);
    y01 = f32x4.add(y01, t);
    y10 = f32x4.sub(y10, s);
    y11 = f32x4.sub(y11, t);
    p += 4 * place;
    a = v128.load(p), b = v128.load(p + place), c = v128.load(p + 2 * place), d = v128.load(p + 3 * place);
    y10 = f32x4.sub(y10, f32x4.add(f32x4.add(a, b), c));
    y11 = f32x4.sub(y11, f32x4.sub(f32x4.sub(b, c), d));
    // Times zero: NaN for what is not finite. Columns of the padded panel are zeros.
    const sum = f32x4.add(f32x4.add(y00, y01), f32x4.add(y10, y11));
    check = f32x4.add(check, f32x4.mul(sum, zeros()));
    if (bias) {
      const v = loadPartial(bias, left);
      y00 = f32x4.add(y00, v);
      y01 = f32x4.add(y01, v);
      y10 = f32x4.add(y10, v);
      y11 = f32x4.add(y11, v);
      bias += 16;
    }
    const r = residual;
    finishPixel(y, y00, r, left, activation);
    if (columns > 1) finishPixel(y + pixel, y01, r ? r + pixel : 0, left, activation);
    if (rows > 1) {
      finishPixel(y + rowY, y10, r ? r + rowY : 0, left, activation);
      if (columns > 1) finishPixel(y + rowY + pixel, y11, r ? r + rowY + pixel : 0, left, activation);
    }
    m += 16;
    y += 16;
    if (residual) residual += 16;
  }
  return i32(i32x4.all_true(f32x4.eq(check, check)));
}

/** One pixel as a plain sum over its window, whose corner is at `row` and `column`. */
function plainPixel(
  x: usize, height: i32, width: i32, channels: i32, row: i32, column: i32,
  w: usize, tapRow: usize, tapColumn: usize, stepChannel: usize, stepOut: usize,
  outChannels: i32, y: usize, bias: usize, residual: usize, activation: i32,
): void {
  for (let o = 0; o < outChannels; o += 4) {
    const left = outChannels - o, at = <usize>o << 2;
    let sum = bias ? loadPartial(bias + at, left) : zeros();
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const inside = row + i >= 0 && row + i < height && column + j >= 0 && column + j < width;
        let from = x + (<usize>(((row + i) * width + column + j) * channels) << 2);
        let p = w + <usize>i * tapRow + <usize>j * tapColumn + <usize>o * stepOut;
        for (let c = 0; c < channels; c++) {
          // Zeros around the image are multiplied, too: an infinite weight gives NaN there.
          const v = f32x4.splat(inside ? load<f32>(from) : 0);
          sum = f32x4.add(sum, f32x4.mul(v, loadSteps(p, stepOut, left)));
          from += 4;
          p += stepChannel;
        }
      }
    }
    finishPixel(y + at, sum, residual ? residual + at : 0, left, activation);
  }
}

/**
 * `y[batch, outHeight, outWidth, outChannels] = activation(convolution + bias + residual)` of `x[batch, height, width, channels]` with
 * `top` rows and `left` columns of zeros before it, and as many behind as the output needs. `packed` is the filter as
 * {@link packWinograd} wrote it, `w` and the steps its place there. A `residual` lies as `y` does, and elsewhere. `scratch`: {@link winogradScratch} bytes.
 */
export function winograd(
  x: usize, batch: i32, height: i32, width: i32, channels: i32, top: i32, left: i32, packed: usize,
  w: usize, tapRow: i32, tapColumn: i32, stepChannel: i32, stepOut: i32,
  y: usize, outHeight: i32, outWidth: i32, outChannels: i32, bias: usize, residual: usize, activation: i32, scratch: usize,
): void {
  const down = (outHeight + 1) >> 1, across = (outWidth + 1) >> 1;
  const tiles = batch * down * across;
  const block = blockOf(tiles, channels, outChannels);
  const edge = scratch;
  prepareEdge(edge);
  const copy = edge + EDGE;
  const widthV = upTo(channels, 4), widthM = upTo(outChannels, 8);
  const placeV = placeBytes(block, widthV), placeM = placeBytes(block, widthM);
  const v = copy + <usize>upTo(64 * channels + 16, 64), m = v + 16 * placeV;
  const rowV = <usize>widthV << 2, rowM = <usize>widthM << 2;
  const image = <usize>(height * width * channels) << 2;
  const rowX = <usize>(width * channels) << 2, rowY = <usize>(outWidth * outChannels) << 2;
  const placeU = <usize>filterBytes(channels, outChannels), panel = <usize>channels << 5;
  for (let t0 = 0; t0 < tiles; t0 += block) {
    const count = min(block, tiles - t0);
    for (let t = 0; t < count; t++) {
      const line = (t0 + t) / across;
      const row = 2 * (line % down) - top, column = 2 * (t0 + t - line * across) - left;
      const from = x + <usize>(line / down) * image;
      const inside = row >= 0 && row + 4 <= height && column >= 0 && column + 4 <= width;
      if (inside && (channels & 3) == 0) {
        transformTile(from + <usize>row * rowX + (<usize>(column * channels) << 2), rowX, channels, v + <usize>t * rowV, placeV);
      } else {
        copyTile(from, height, width, channels, row, column, copy);
        transformTile(copy, <usize>channels << 4, channels, v + <usize>t * rowV, placeV);
      }
    }
    for (let place: usize = 0; place < 16; place++) {
      let b = packed + place * placeU;
      const a = v + place * placeV, c = m + place * placeM;
      for (let j = 0; j < widthM; j += 8, b += panel) {
        const to = c + (<usize>j << 2);
        for (let t = 0; t < count; t += 4) {
          const rows = min(4, count - t);
          const a0 = a + <usize>t * rowV;
          const a1 = rows > 1 ? a0 + rowV : a0, a2 = rows > 2 ? a0 + 2 * rowV : a0, a3 = rows > 3 ? a0 + 3 * rowV : a0;
          rowsTile(channels, a0, a1, a2, a3, b, to + <usize>t * rowM, rowM, rows, 8, 0, 0, 0, edge);
        }
      }
    }
    for (let t = 0; t < count; t++) {
      const line = (t0 + t) / across;
      const row = 2 * (line % down), column = 2 * (t0 + t - line * across);
      const b = line / down;
      const rows = min(2, outHeight - row), columns = min(2, outWidth - column);
      const at = <usize>(b * outHeight + row) * rowY + (<usize>(column * outChannels) << 2);
      const add = residual ? residual + at : 0;
      if (finishTile(m + <usize>t * rowM, placeM, outChannels, y + at, rowY, rows, columns, bias, add, activation)) continue;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const pixel = <usize>i * rowY + (<usize>(j * outChannels) << 2);
          plainPixel(
            x + <usize>b * image, height, width, channels, row + i - top, column + j - left,
            w, <usize>tapRow << 2, <usize>tapColumn << 2, <usize>stepChannel << 2, <usize>stepOut << 2,
            outChannels, y + at + pixel, bias, add ? add + pixel : 0, activation,
          );
        }
      }
    }
  }
}
