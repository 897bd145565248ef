import {
  addN,
  concat,
  conv2d,
  depthwiseConv2d,
  reshape,
  transpose,
  zeros,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { dilatedConv2d, dilatedDepthwiseConv2d } from './dilated-convolution.js';
import {
  dilateAxis,
  dilatedSize,
  forPlaneKernel,
  padAxis,
  product,
  resolvePadding,
  sizeOf,
  sliceAxis,
  takeEvery,
  windowCount,
  type PaddingPair,
  type WindowPadding,
} from './window.js';

/** Options of {@link convolution}; arrays have one entry a spatial dimension. */
export interface ConvolutionOptions {
  readonly strides: readonly number[];
  /** Distance of the cells of a window. */
  readonly dilations: readonly number[];
  readonly padding: WindowPadding;
  /** Input and output channels are split into so many groups that do not see each other. */
  readonly groups: number;
  /** `1` or `-1`. */
  readonly channelAxis: number;
}

interface Windows {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pairs: readonly PaddingPair[];
  readonly groups: number;
}

/** Moves the channel axis of `[N, C, ...spatial]` to the end. */
export function channelsToEnd(x: Tensor): Tensor {
  const spatial = x.shape.slice(2).map((_, i) => i + 2);
  return transpose(x, [0, ...spatial, 1]);
}

/** Moves the channel axis of `[N, ...spatial, C]` to the front. */
export function channelsToFront(x: Tensor): Tensor {
  const spatial = x.shape.slice(2).map((_, i) => i + 1);
  return transpose(x, [0, x.rank - 1, ...spatial]);
}

/**
 * Cross-correlation over any number of dimensions, as XLA's `ConvGeneralDilated` without input dilation: strides, dilations,
 * any padding (negative too), groups, channels first or last, all differentiable. TensorFlow.js has no groups, no gradient
 * with dilations, none of channels-first on CPU and WASM, and explicit padding in two dimensions alone.
 *
 * @param x `[N, ...spatial, C]`, or `[N, C, ...spatial]`
 * @param w `[...window, C / groups, O]`
 * @returns `[N, ...windows, O]`, or `[N, O, ...windows]`
 */
export function convolution(x: Tensor, w: Tensor, options: ConvolutionOptions): Tensor {
  const { strides, dilations, padding, groups } = options;
  if (options.channelAxis === 1) {
    return channelsToFront(convolution(channelsToEnd(x), w, { ...options, channelAxis: -1 }));
  }
  const spatial = x.shape.slice(1, -1);
  const extents = dilations.map((dilation, i) => dilatedSize(w.shape[i], dilation));
  const pairs = spatial.map((size, i) =>
    typeof padding === 'string' ? resolvePadding(padding, size, extents[i], strides[i]) : padding[i],
  );
  const counts = spatial.map((size, i) => windowCount(size, extents[i], strides[i], pairs[i]));
  const outputShape = [x.shape[0], ...counts, w.shape[w.rank - 1]];
  // Windows of nothing sum up to nothing.
  if (product(outputShape) === 0 || w.size === 0) return zeros(outputShape);
  return convolveSpatial(x, w, { strides, dilations, pairs, groups });
}

/** One dimension is two of which the first has size 1; of more than two, the first is taken apart, tap by tap. */
function convolveSpatial(x: Tensor, w: Tensor, windows: Windows): Tensor {
  const { strides, dilations, pairs, groups } = windows;
  if (strides.length === 2) return convolvePlanes(x as Tensor4D, w as Tensor4D, windows);
  if (strides.length === 1) {
    const [batch, width, channels] = (x as Tensor3D).shape;
    const y = convolvePlanes(
      reshape(x, [batch, 1, width, channels]),
      reshape(w, [1, ...w.shape] as [number, number, number, number]),
      { strides: [1, ...strides], dilations: [1, ...dilations], pairs: [[0, 0], ...pairs], groups },
    );
    return reshape(y, [batch, ...y.shape.slice(2)]);
  }
  const padded = padAxis(x, 1, pairs[0]);
  const count = windowCount(sizeOf(padded, 1), dilatedSize(w.shape[0], dilations[0]), strides[0], [0, 0]);
  const rest = {
    strides: strides.slice(1),
    dilations: dilations.slice(1),
    pairs: pairs.slice(1),
    groups,
  };
  const taps = Array.from({ length: w.shape[0] }, (_, tap) => {
    const cells = takeEvery(padded, 1, tap * dilations[0], strides[0], count);
    const flat = reshape(cells, [x.shape[0] * count, ...x.shape.slice(2)]);
    return convolveSpatial(flat, reshape(sliceAxis(w, 0, tap, 1), w.shape.slice(1)), rest);
  });
  const y = addN(taps);
  return reshape(y, [x.shape[0], count, ...y.shape.slice(1)]);
}

function convolvePlanes(x: Tensor4D, w: Tensor4D, windows: Windows): Tensor {
  const { groups, ...rest } = windows;
  if (groups === 1) return convolveGroup(x, w, rest);
  const [height, width, inputs, outputs] = w.shape;
  if (inputs === 1) {
    return depthwise(x, reshape(w, [height, width, groups, outputs / groups]), rest);
  }
  const parts = Array.from({ length: groups }, (_, group) =>
    convolveGroup(
      sliceAxis(x, 3, group * inputs, inputs) as Tensor4D,
      sliceAxis(w, 3, (group * outputs) / groups, outputs / groups) as Tensor4D,
      rest,
    ),
  );
  return concat(parts, 3);
}

type GroupWindows = Omit<Windows, 'groups'>;
type Pair = [number, number];

function spread(w: Tensor4D, [rows, columns]: readonly number[]): Tensor4D {
  return dilateAxis(dilateAxis(w, 0, rows), 1, columns) as Tensor4D;
}

const isOne = (value: number): boolean => value === 1;

function convolveGroup(x: Tensor4D, w: Tensor4D, windows: GroupWindows): Tensor4D {
  const { strides, dilations } = windows;
  const { cut, explicit } = forPlaneKernel(x, windows.pairs);
  if (dilations.every(isOne)) return conv2d(cut, w, strides as Pair, explicit);
  if (strides.every(isOne)) return dilatedConv2d(x, w, dilations as Pair, windows.pairs);
  // TensorFlow.js has strides or dilations, not both: the holes of the window become zeros.
  return conv2d(cut, spread(w, dilations), strides as Pair, explicit);
}

function depthwise(x: Tensor4D, w: Tensor4D, windows: GroupWindows): Tensor4D {
  const { strides, dilations } = windows;
  const { cut, explicit } = forPlaneKernel(x, windows.pairs);
  if (dilations.every(isOne)) return depthwiseConv2d(cut, w, strides as Pair, explicit);
  if (strides.every(isOne)) return dilatedDepthwiseConv2d(x, w, dilations as Pair, windows.pairs);
  return depthwiseConv2d(cut, spread(w, dilations), strides as Pair, explicit);
}
