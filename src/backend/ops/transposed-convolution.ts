import {
  addN,
  conv2dTranspose,
  reshape,
  reverse,
  transpose,
  zeros,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { channelsToEnd, channelsToFront, convolution } from './convolution.js';
import {
  dilateAxis,
  dilatedSize,
  padAxis,
  product,
  sizeOf,
  sliceAxis,
  windowCount,
  type PaddingPair,
} from './window.js';

/** Options of {@link transposedConvolution}; arrays have one entry a spatial dimension. */
export interface TransposedConvolutionOptions {
  /** The input's cells are put so far apart. */
  readonly strides: readonly number[];
  /** Padding of the spread input: see {@link transposedPadding} for SAME and VALID. */
  readonly padding: readonly PaddingPair[];
  /** `1` or `-1`. */
  readonly channelAxis: number;
}

/** The padding of the spread input that JAX's `conv_transpose` takes for a name. */
export function transposedPadding(padding: 'SAME' | 'VALID', window: number, stride: number): PaddingPair {
  if (padding === 'VALID') return [window - 1, Math.max(window, stride) - 1];
  const total = window + stride - 2;
  const before = stride > window - 1 ? window - 1 : Math.ceil(total / 2);
  return [before, total - before];
}

interface Spread {
  readonly strides: readonly number[];
  readonly padding: readonly PaddingPair[];
}

/**
 * Convolution of an input whose cells are put `strides` apart, as JAX's `conv_transpose` and Haiku define it: the window is
 * not turned, unlike in `conv2dTranspose` of TensorFlow and TensorFlow.js, and any padding goes.
 *
 * @param x `[N, ...spatial, C]`, or `[N, C, ...spatial]`
 * @param w `[...window, O, C]`
 */
export function transposedConvolution(x: Tensor, w: Tensor, options: TransposedConvolutionOptions): Tensor {
  const { strides, padding } = options;
  if (options.channelAxis === 1) {
    return channelsToFront(transposedConvolution(channelsToEnd(x), w, { ...options, channelAxis: -1 }));
  }
  const counts = x.shape
    .slice(1, -1)
    .map((size, i) =>
      size === 0 ? 0 : windowCount(dilatedSize(size, strides[i]), w.shape[i], 1, padding[i]),
    );
  const outputShape = [x.shape[0], ...counts, w.shape[w.rank - 2]];
  if (product(outputShape) === 0) return zeros(outputShape);
  if (strides.every((stride) => stride === 1)) {
    const axes = [...w.shape.keys()];
    return convolution(x, transpose(w, [...axes.slice(0, -2), w.rank - 1, w.rank - 2]), {
      strides,
      dilations: strides,
      padding,
      groups: 1,
      channelAxis: -1,
    });
  }
  return spreadSpatial(x, w, { strides, padding });
}

/** One dimension is two of which the first has size 1; of more than two, the first is taken apart, tap by tap. */
function spreadSpatial(x: Tensor, w: Tensor, { strides, padding }: Spread): Tensor {
  if (strides.length === 2) return spreadPlanes(x as Tensor4D, w as Tensor4D, { strides, padding });
  if (strides.length === 1) {
    const [batch, width, channels] = (x as Tensor3D).shape;
    const y = spreadPlanes(
      reshape(x, [batch, 1, width, channels]),
      reshape(w, [1, ...w.shape] as [number, number, number, number]),
      { strides: [1, ...strides], padding: [[0, 0], ...padding] },
    );
    return reshape(y, [batch, ...y.shape.slice(2)]);
  }
  const padded = padAxis(dilateAxis(x, 1, strides[0]), 1, padding[0]);
  const count = sizeOf(padded, 1) - w.shape[0] + 1;
  const rest = { strides: strides.slice(1), padding: padding.slice(1) };
  const taps = Array.from({ length: w.shape[0] }, (_, tap) => {
    const flat = reshape(sliceAxis(padded, 1, tap, count), [x.shape[0] * count, ...x.shape.slice(2)]);
    return spreadSpatial(flat, reshape(sliceAxis(w, 0, tap, 1), w.shape.slice(1)), rest);
  });
  const y = addN(taps);
  return reshape(y, [x.shape[0], count, ...y.shape.slice(1)]);
}

/**
 * In two dimensions this is the gradient of a strided convolution with the turned window, whose padding is what is missing
 * to a full window. Where it would be negative, outputs see no input: they are zeros, put on afterwards.
 */
function spreadPlanes(x: Tensor4D, w: Tensor4D, { strides, padding }: Spread): Tensor {
  const beyond = padding.map(([before, after], i): PaddingPair => [
    Math.max(0, before - (w.shape[i] - 1)),
    Math.max(0, after - (w.shape[i] - 1)),
  ]);
  const inner = padding.map(([before, after], i): [number, number] => [
    w.shape[i] - 1 - (before - beyond[i][0]),
    w.shape[i] - 1 - (after - beyond[i][1]),
  ]);
  const [height, width] = inner.map(
    ([before, after], i) => dilatedSize(x.shape[i + 1], strides[i]) + w.shape[i] - 1 - before - after,
  );
  const y = conv2dTranspose(
    x,
    reverse(w, [0, 1]),
    [x.shape[0], height, width, w.shape[2]],
    strides as [number, number],
    [[0, 0], inner[0], inner[1], [0, 0]],
  );
  return padAxis(padAxis(y, 1, beyond[0]), 2, beyond[1]);
}
