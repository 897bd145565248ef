import type { TensorInfo } from '@tensorflow/tfjs-core';
import { address, currentTracer, raw, withScratch } from '../heap.js';
import { packedCopy } from '../packed.js';
import type { Axis, Geometry } from './geometry.js';

/** With fewer channels the transforms take what the products save. */
const fewestChannels = 12;
/** With fewer tiles transforming the filter takes longer than the convolution … */
const fewestTiles = 32;
/** … unless it is done once. */
const fewestTilesOfPacked = 8;
/** Of the four outputs of a tile so many must be needed. */
const fewestOutputs = 2.6;

/** A convolution with a window of 3 x 3 that moves by one: forward, or the gradient of the input, which is one of the output's gradient. */
interface TiledConvolution {
  readonly batch: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Rows and columns of zeros before the image. */
  readonly top: number;
  readonly left: number;
  /** Where the filter's first tap lies, and the steps to the next row, column, channel and output, in entries. */
  readonly filter: number;
  readonly steps: readonly [row: number, column: number, channel: number, output: number];
  readonly y: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
}

/** How many tiles of 2 x 2 outputs it has, 0 where the plain sum is faster. By shape alone: the same call always gives the same bits. */
function tilesWorthwhile({
  batch,
  channels,
  outChannels,
  outHeight,
  outWidth,
}: Pick<TiledConvolution, 'batch' | 'channels' | 'outChannels' | 'outHeight' | 'outWidth'>): number {
  const tiles = batch * Math.ceil(outHeight / 2) * Math.ceil(outWidth / 2);
  return Math.min(channels, outChannels) >= fewestChannels &&
    batch * outHeight * outWidth >= fewestOutputs * tiles
    ? tiles
    : 0;
}

function fits({ depth, height, width }: Geometry): boolean {
  const three = ({ kernel, stride, dilation }: Axis): boolean =>
    kernel === 3 && stride === 1 && dilation === 1;
  return three(height) && three(width) && depth.kernel === 1 && depth.input === 1;
}

/** What is added to the sums, addresses or 0, and the activation by number. */
interface Ending {
  readonly bias: number;
  readonly residual: number;
  readonly activation: number;
}

/** @param packed the transformed filter, which is otherwise made in scratch */
function run(c: TiledConvolution, { bias, residual, activation }: Ending, packed?: number): void {
  const kernels = raw();
  const { batch, channels, outHeight, outWidth, outChannels } = c;
  const scratchBytes = kernels.winogradScratch(batch, outHeight, outWidth, channels, outChannels);
  const filterBytes = packed === undefined ? kernels.winogradBytes(channels, outChannels) : 0;
  withScratch(scratchBytes + filterBytes, (scratch) => {
    const own = scratch + scratchBytes;
    if (packed === undefined) kernels.packWinograd(c.filter, ...c.steps, channels, outChannels, own);
    kernels.winograd(
      c.x,
      batch,
      c.height,
      c.width,
      channels,
      c.top,
      c.left,
      packed ?? own,
      c.filter,
      ...c.steps,
      c.y,
      outHeight,
      outWidth,
      outChannels,
      bias,
      residual,
      activation,
      scratch,
    );
  });
}

/**
 * Runs a convolution by tiles where that is faster, and says whether it did. Plans also take it for the few tiles of small images if the
 * filter lasts, so that it is transformed once.
 */
export function convolveByTiles(
  x: TensorInfo,
  filter: TensorInfo,
  y: TensorInfo,
  g: Geometry,
  ending: Ending,
): boolean {
  if (!fits(g)) return false;
  const { batch, channels, outChannels, height, width } = g;
  const [outHeight, outWidth] = [height.output, width.output];
  const tiles = tilesWorthwhile({ batch, channels, outChannels, outHeight, outWidth });
  if (tiles < (currentTracer() === undefined ? fewestTiles : fewestTilesOfPacked)) return false;
  const from = address(filter);
  const steps = [3 * channels * outChannels, channels * outChannels, outChannels, 1] as const;
  const bytes = raw().winogradBytes(channels, outChannels);
  const packed = packedCopy(filter, `tiles ${channels}x${outChannels}`, bytes, (pointer) => {
    raw().packWinograd(from, ...steps, channels, outChannels, pointer);
  });
  if (packed === undefined && tiles < fewestTiles) return false;
  const convolution: TiledConvolution = {
    batch,
    x: address(x),
    height: height.input,
    width: width.input,
    channels,
    top: height.before,
    left: width.before,
    filter: from,
    steps,
    y: address(y),
    outHeight,
    outWidth,
    outChannels,
  };
  run(convolution, ending, packed);
  return true;
}

/** The same for the gradient of the input: a convolution of `dy` with the filter turned around, and its channels exchanged. */
export function inputGradientByTiles(
  dy: TensorInfo,
  filter: TensorInfo,
  dx: TensorInfo,
  g: Geometry,
): boolean {
  if (!fits(g)) return false;
  const { batch, height, width } = g;
  const [channels, outChannels] = [g.outChannels, g.channels];
  const [outHeight, outWidth] = [height.input, width.input];
  if (tilesWorthwhile({ batch, channels, outChannels, outHeight, outWidth }) < fewestTiles) return false;
  const tap = channels * outChannels;
  const convolution: TiledConvolution = {
    batch,
    x: address(dy),
    height: height.output,
    width: width.output,
    channels,
    top: 2 - height.before,
    left: 2 - width.before,
    filter: address(filter) + 4 * 8 * tap,
    steps: [-3 * tap, -tap, 1, channels],
    y: address(dx),
    outHeight,
    outWidth,
    outChannels,
  };
  run(convolution, { bias: 0, residual: 0, activation: 0 });
  return true;
}
