import type { TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../heap.js';
import { packedCopy } from '../packed.js';
import { epilogueInLoop, finishEpilogue, startEpilogue, type Epilogue } from './activation.js';
import {
  flattened,
  outputShape,
  paddedLength,
  phases,
  planeSizes,
  sizeOf,
  type Geometry,
} from './geometry.js';
import { convolveByTiles, inputGradientByTiles } from './winograd.js';

/** Calls `visit` for each plane of the input and each tap in depth that meets it, with the output plane that they add to. */
function eachPlane(
  { batch, depth }: Geometry,
  visit: (inputPlane: number, outputPlane: number, tap: number, isFirst: boolean) => void,
): void {
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < depth.input; i++) {
      let isFirst = true;
      for (let tap = 0; tap < depth.kernel; tap++) {
        const reach = i + depth.before - tap * depth.dilation;
        const o = reach / depth.stride;
        if (!Number.isInteger(o) || o < 0 || o >= depth.output) continue;
        visit(b * depth.input + i, b * depth.output + o, tap, isFirst);
        isFirst = false;
      }
    }
  }
}

/** The planes of the input, with zeros around them where windows leave them. */
function paddedPlanes(
  x: number,
  g: Geometry,
): { width: number; bytes: number; plane: (index: number, scratch: number, isNew: boolean) => number } {
  const height = paddedLength(g.height);
  const width = paddedLength(g.width);
  const { input } = planeSizes(g);
  const isPadded = height !== g.height.input || width !== g.width.input;
  return {
    width,
    bytes: isPadded ? 4 * height * width * g.channels : 0,
    plane(index, scratch, isNew) {
      const from = x + 4 * index * input;
      if (!isPadded) return from;
      if (isNew) {
        const { before: top } = g.height;
        raw().padImage(
          from,
          g.height.input,
          g.width.input,
          g.channels,
          top,
          g.width.before,
          height,
          width,
          scratch,
        );
      }
      return scratch;
    },
  };
}

/** A convolution of planes or volumes, channels last. */
export function convolve(
  x: TensorInfo,
  filter: TensorInfo,
  geometry: Geometry,
  epilogue: Epilogue = {},
): TensorInfo {
  const kernels = raw();
  const out = makeOutput(outputShape(geometry, x.shape.length));
  const g = flattened(geometry);
  const { channels, outChannels, height, width, depth } = g;
  const inLoop = epilogueInLoop(epilogue, outChannels);
  const bias = inLoop.bias === undefined ? 0 : address(inLoop.bias);
  const residual = epilogue.residual === undefined ? 0 : address(epilogue.residual);
  if (convolveByTiles(x, filter, out, g, { bias, residual, activation: inLoop.activation }))
    return finishEpilogue(out, epilogue, outChannels);
  const rows = height.kernel * width.kernel * channels;
  const filterBytes = kernels.packedBytes(rows, outChannels);
  const planes = paddedPlanes(address(x), g);
  const [from, to] = [address(filter), address(out)];
  const outPlane = 4 * planeSizes(g).output;
  const isVolume = depth.kernel > 1 || depth.before > 0 || depth.stride > 1;
  const accumulate = isVolume ? 1 : startEpilogue(out, epilogue);
  if (isVolume) kernels.clear(to, 4 * sizeOf(out.shape));
  const packFilter = (pointer: number): void => {
    for (let tap = 0; tap < depth.kernel; tap++) {
      const slice = from + 4 * tap * rows * outChannels;
      kernels.packB(rows, outChannels, slice, outChannels, 1, pointer + tap * filterBytes);
    }
  };
  const allBytes = depth.kernel * filterBytes;
  const windowBytes = kernels.conv2dScratch(height.kernel, width.kernel, channels);
  const copy = packedCopy(filter, `${rows}x${outChannels}`, allBytes, packFilter);
  withScratch(windowBytes + (copy === undefined ? allBytes : 0) + planes.bytes, (scratch) => {
    const own = scratch + windowBytes;
    if (copy === undefined) packFilter(own);
    const packed = copy ?? own;
    const image = copy === undefined ? own + allBytes : own;
    eachPlane(g, (input, output, tap, isFirst) => {
      kernels.conv2d(
        planes.plane(input, image, isFirst),
        channels,
        height.kernel,
        width.kernel,
        height.dilation * planes.width * channels,
        width.dilation * channels,
        height.stride * planes.width * channels,
        width.stride * channels,
        packed + tap * filterBytes,
        to + output * outPlane,
        height.output,
        width.output,
        outChannels,
        width.output * outChannels,
        outChannels,
        bias,
        inLoop.activation,
        accumulate,
        scratch,
      );
    });
  });
  return finishEpilogue(out, epilogue, outChannels);
}

/** The gradient of a convolution with respect to its input; a transposed convolution. */
export function convolutionInputGradient(
  dy: TensorInfo,
  filter: TensorInfo,
  inputShape: readonly number[],
  geometry: Geometry,
): TensorInfo {
  const kernels = raw();
  const out = makeOutput(inputShape);
  const g = flattened(geometry);
  if (inputGradientByTiles(dy, filter, out, g)) return out;
  const { channels, outChannels, height, width, depth } = g;
  const parts = phases(height).flatMap((row) =>
    phases(width).map((column) => ({
      row,
      column,
      bytes: kernels.packedBytes(row.taps * column.taps * outChannels, channels),
    })),
  );
  const isVolume = depth.kernel > 1 || depth.before > 0 || depth.stride > 1;
  const isWhole = parts.every(({ bytes }) => bytes > 0);
  const [from, to] = [address(filter), address(out)];
  if (isVolume || !isWhole || g.height.output * g.width.output === 0)
    kernels.clear(to, 4 * sizeOf(inputShape));
  const used = parts.filter(({ bytes }) => bytes > 0);
  const reach = {
    height: reachOf(
      height,
      used.map(({ row }) => row),
    ),
    width: reachOf(
      width,
      used.map(({ column }) => column),
    ),
  };
  const isPadded = reach.height.isPadded || reach.width.isPadded;
  const filterBytes = used.reduce((sum, { bytes }) => sum + bytes, 0);
  const imageBytes = isPadded ? 4 * reach.height.length * reach.width.length * outChannels : 0;
  const rowLength = (isPadded ? reach.width.length : width.output) * outChannels;
  const sizes = planeSizes(g);
  const windowBytes = Math.max(
    0,
    ...used.map(({ row, column }) => kernels.conv2dScratch(row.taps, column.taps, outChannels)),
  );
  withScratch(windowBytes + depth.kernel * filterBytes + imageBytes, (scratch) => {
    let packed = scratch + windowBytes;
    const tapsOf: number[][] = [];
    for (let tap = 0; tap < depth.kernel; tap++) {
      const slice = from + 4 * tap * height.kernel * width.kernel * channels * outChannels;
      tapsOf.push(
        used.map(({ row, column, bytes }) => {
          const target = packed;
          kernels.packTaps(
            slice,
            width.kernel,
            channels,
            outChannels,
            row.taps,
            row.firstTap,
            row.tapStep,
            column.taps,
            column.firstTap,
            column.tapStep,
            target,
          );
          packed += bytes;
          return target;
        }),
      );
    }
    const image = packed;
    let padded = -1;
    eachPlane(g, (input, output, tap) => {
      let plane = address(dy) + 4 * output * sizes.output;
      if (isPadded) {
        if (padded !== output) {
          kernels.padImage(
            plane,
            height.output,
            width.output,
            outChannels,
            reach.height.before,
            reach.width.before,
            reach.height.length,
            reach.width.length,
            image,
          );
        }
        padded = output;
        plane = image;
      }
      used.forEach(({ row, column }, part) => {
        const skip =
          (row.origin + reach.height.before) * rowLength + (column.origin + reach.width.before) * outChannels;
        kernels.conv2d(
          plane + 4 * skip,
          outChannels,
          row.taps,
          column.taps,
          row.step * rowLength,
          column.step * outChannels,
          rowLength,
          outChannels,
          tapsOf[tap][part],
          to + 4 * (input * sizes.input + (row.start * width.input + column.start) * channels),
          row.count,
          column.count,
          channels,
          height.stride * width.input * channels,
          width.stride * channels,
          0,
          0,
          isVolume ? 1 : 0,
          scratch,
        );
      });
    });
  });
  return out;
}

/** How far the taps of all phases reach beyond the outputs of an axis. */
function reachOf(
  { output }: { readonly output: number },
  used: readonly {
    readonly origin: number;
    readonly taps: number;
    readonly step: number;
    readonly count: number;
  }[],
): { before: number; length: number; isPadded: boolean } {
  let [before, end] = [0, output];
  for (const { origin, taps, step, count } of used) {
    before = Math.max(before, -origin);
    end = Math.max(end, origin + (taps - 1) * step + count);
  }
  return { before, length: before + end, isPadded: before > 0 || end > output };
}

/** The gradient of a convolution with respect to its filter. */
export function convolutionFilterGradient(
  x: TensorInfo,
  dy: TensorInfo,
  filterShape: readonly number[],
  geometry: Geometry,
): TensorInfo {
  const kernels = raw();
  const out = makeOutput(filterShape);
  const g = flattened(geometry);
  const { channels, outChannels, height, width } = g;
  const planes = paddedPlanes(address(x), g);
  const blockBytes = kernels.conv2dFilterGradientScratch(height.output, width.output, outChannels);
  const [gradients, to] = [address(dy), address(out)];
  const sizes = planeSizes(g);
  const slice = 4 * height.kernel * width.kernel * channels * outChannels;
  kernels.clear(to, 4 * sizeOf(filterShape));
  withScratch(blockBytes + planes.bytes, (scratch) => {
    eachPlane(g, (input, output, tap, isFirst) => {
      kernels.conv2dFilterGradient(
        planes.plane(input, scratch + blockBytes, isFirst),
        planes.width,
        channels,
        gradients + 4 * output * sizes.output,
        height.output,
        width.output,
        outChannels,
        to + tap * slice,
        height.kernel,
        width.kernel,
        height.stride,
        width.stride,
        height.dilation,
        width.dilation,
        1,
        scratch,
      );
    });
  });
  return out;
}
