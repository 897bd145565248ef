import { backend_util, util } from '@tensorflow/tfjs-core';
import { dilatedSize, sidesOf, type PlanePadding } from '../../ops/window.js';

/** One spatial axis of a sliding window. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first entry. */
  readonly before: number;
}

/** A convolution or a pool over `[batch, depth, height, width, channels]`; a plane has a depth of one. */
export interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly depth: Axis;
  readonly height: Axis;
  readonly width: Axis;
}

/** The attributes that say how a window slides, as TensorFlow.js passes them. */
export interface WindowAttrs {
  readonly strides: number | number[];
  readonly pad: PlanePadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dilations?: number | number[] | null;
}

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

const flat: Axis = { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, before: 0 };

function planeOf(info: backend_util.Conv2DInfo): Geometry {
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    outChannels: info.outChannels,
    depth: flat,
    height: {
      input: info.inHeight,
      output: info.outHeight,
      kernel: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      before: info.padInfo.top,
    },
    width: {
      input: info.inWidth,
      output: info.outWidth,
      kernel: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      before: info.padInfo.left,
    },
  };
}

function pairOf(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value, value] : value;
}

/** An axis under a padding that has a name: as TensorFlow.js computes it, which takes most of the time of a small pool. */
function namedAxis(
  pad: 'same' | 'valid',
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): Axis {
  const window = dilatedSize(kernel, dilation);
  const output = Math.ceil((pad === 'same' ? input : input - window + 1) / stride);
  const before = pad === 'same' ? Math.max(0, Math.floor(((output - 1) * stride + window - input) / 2)) : 0;
  return { input, output, kernel, stride, dilation, before };
}

function namedPlane(
  pad: 'same' | 'valid',
  [batch, height, width, channels]: Shape4D,
  [kernelHeight, kernelWidth]: readonly number[],
  outChannels: number,
  { strides, dilations }: WindowAttrs,
): Geometry {
  const [strideHeight, strideWidth] = pairOf(strides);
  const [dilationHeight, dilationWidth] = pairOf(dilations ?? 1);
  return {
    batch,
    channels,
    outChannels,
    depth: flat,
    height: namedAxis(pad, height, kernelHeight, strideHeight, dilationHeight),
    width: namedAxis(pad, width, kernelWidth, strideWidth, dilationWidth),
  };
}

/** For SAME with a stride beyond the kernel TensorFlow.js counts less than no padding, and starts behind the first entry. */
function volumeOf(info: backend_util.Conv3DInfo): Geometry {
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    outChannels: info.outChannels,
    depth: {
      input: info.inDepth,
      output: info.outDepth,
      kernel: info.filterDepth,
      stride: info.strideDepth,
      dilation: info.dilationDepth,
      before: Math.max(0, info.padInfo.front),
    },
    height: {
      input: info.inHeight,
      output: info.outHeight,
      kernel: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      before: Math.max(0, info.padInfo.top),
    },
    width: {
      input: info.inWidth,
      output: info.outWidth,
      kernel: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      before: Math.max(0, info.padInfo.left),
    },
  };
}

/** Of a convolution of `x` `[batch, (depth,) height, width, channels]` with a filter; `depthwise` filters count multipliers last. */
export function convolutionGeometry(
  x: readonly number[],
  filter: readonly number[],
  attrs: WindowAttrs,
  depthwise = false,
): Geometry {
  const { strides, pad, dimRoundingMode } = attrs;
  const dilations = attrs.dilations ?? 1;
  if (filter.length === 4 && (pad === 'same' || pad === 'valid')) {
    const outChannels = depthwise ? filter[3] * x[3] : filter[3];
    return namedPlane(pad, x as Shape4D, filter, outChannels, attrs);
  }
  return filter.length === 4
    ? planeOf(
        backend_util.computeConv2DInfo(
          x as Shape4D,
          filter as Shape4D,
          strides as number,
          dilations as number,
          sidesOf(pad),
          dimRoundingMode,
          depthwise,
        ),
      )
    : volumeOf(
        backend_util.computeConv3DInfo(
          x as Shape5D,
          filter as Shape5D,
          strides as number,
          dilations as number,
          pad as 'same',
        ),
      );
}

/** Of a pool over planes or volumes. */
export function poolGeometry(
  x: readonly number[],
  attrs: WindowAttrs & { readonly filterSize: number | number[] },
): Geometry {
  const { strides, pad, dimRoundingMode, dilations, filterSize } = attrs;
  if (x.length === 4 && (pad === 'same' || pad === 'valid'))
    return namedPlane(pad, x as Shape4D, pairOf(filterSize), x[3], attrs);
  return x.length === 4
    ? planeOf(
        backend_util.computePool2DInfo(
          x as Shape4D,
          filterSize as number,
          strides as number,
          (dilations ?? 1) as number,
          sidesOf(pad),
          dimRoundingMode,
        ),
      )
    : volumeOf(
        backend_util.computePool3DInfo(
          x as Shape5D,
          filterSize as number,
          strides as number,
          (dilations ?? 1) as number,
          pad as 'same',
          dimRoundingMode,
        ),
      );
}

/** `[batch, (depth,) height, width, channels]` of the output. */
export function outputShape(g: Geometry, rank: number): number[] {
  const space = [g.height.output, g.width.output];
  return [g.batch, ...(rank === 5 ? [g.depth.output] : []), ...space, g.outChannels];
}

/** Entries of one plane of the input, and of the output. */
export function planeSizes(g: Geometry): { input: number; output: number } {
  return {
    input: g.height.input * g.width.input * g.channels,
    output: g.height.output * g.width.output * g.outChannels,
  };
}

/** What a window of one entry that goes over every entry once needs: the batch as one tall image, so that it is one product. */
export function flattened(g: Geometry): Geometry {
  const single = [g.depth, g.height, g.width].every(
    ({ kernel, stride, before, input, output }) =>
      kernel === 1 && stride === 1 && before === 0 && input === output,
  );
  if (!single) return g;
  const rows = g.batch * g.depth.input * g.height.input;
  return { ...g, batch: 1, depth: flat, height: { ...g.height, input: rows, output: rows } };
}

/** How long an axis must be, padded before, for every window to lie inside. */
export function paddedLength({ input, output, kernel, stride, dilation, before }: Axis): number {
  return Math.max(input + before, (output - 1) * stride + (kernel - 1) * dilation + 1);
}

/** The taps of a kernel that meet the inputs `phase`, `phase + stride`, … of an input gradient. */
export interface Phase {
  /** Of its inputs the first, and how many there are. */
  readonly start: number;
  readonly count: number;
  /** The taps, last first: `firstTap`, `firstTap - tapStep`, …, `taps` of them. */
  readonly taps: number;
  readonly firstTap: number;
  readonly tapStep: number;
  /** Which output the first tap meets at the first input, and by how much the next tap's lies behind. */
  readonly origin: number;
  readonly step: number;
}

/**
 * An input gradient, split by the remainder of the input's position: for each remainder it is a convolution without
 * strides over the outputs, with every so many taps of the kernel, reversed. No product with a zero is computed.
 */
export function phases({ input, kernel, stride, dilation, before }: Axis): Phase[] {
  const divisor = greatestCommonDivisor(stride, dilation);
  const tapStep = stride / divisor;
  return Array.from({ length: Math.min(stride, input) }, (_, start) => {
    let lowest = 0;
    while (lowest < Math.min(tapStep, kernel) && (start + before - lowest * dilation) % stride !== 0)
      lowest++;
    const taps = lowest < Math.min(tapStep, kernel) ? Math.floor((kernel - 1 - lowest) / tapStep) + 1 : 0;
    const firstTap = lowest + (taps - 1) * tapStep;
    return {
      start,
      count: Math.ceil((input - start) / stride),
      taps,
      firstTap,
      tapStep,
      origin: (start + before - firstTap * dilation) / stride,
      step: dilation / divisor,
    };
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Entries of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return util.sizeFromShape([...shape]);
}
