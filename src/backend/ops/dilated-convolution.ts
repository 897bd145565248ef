import {
  conv2d,
  customGrad,
  depthwiseConv2d,
  matMul,
  mul,
  reshape,
  reverse,
  stack,
  sum,
  transpose,
  type GradSaveFunc,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { dilatedSize, forPlaneKernel, padAxis, sliceAxis, type PaddingPair } from './window.js';

type Pair = [rows: number, columns: number];

/** What each cell of the window sees: the cells of the padded input that the outputs multiply with it. */
function taps(x: Tensor4D, [rows, columns]: Pair, dilations: Pair, pairs: readonly PaddingPair[]): Tensor[] {
  const padded = padAxis(padAxis(x, 1, pairs[0]), 2, pairs[1]) as Tensor4D;
  const height = padded.shape[1] - (rows - 1) * dilations[0];
  const width = padded.shape[2] - (columns - 1) * dilations[1];
  return Array.from({ length: rows * columns }, (_, tap) => {
    const row = Math.floor(tap / columns) * dilations[0];
    const column = (tap % columns) * dilations[1];
    return sliceAxis(sliceAxis(padded, 1, row, height), 2, column, width);
  });
}

/** The padding with which the gradient of a convolution of stride 1 is a convolution again. */
function transposedPadding(
  window: Pair,
  dilations: Pair,
  pairs: readonly PaddingPair[],
): [PaddingPair, PaddingPair] {
  const [rows, columns] = window.map((size, i): PaddingPair => {
    const reach = dilatedSize(size, dilations[i]) - 1;
    return [reach - pairs[i][0], reach - pairs[i][1]];
  });
  return [rows, columns];
}

function turned(w: Tensor4D): Tensor4D {
  return reverse(w, [0, 1]);
}

/**
 * `conv2d` of stride 1 with dilations and gradients whose cost does not grow with the dilation: with respect to the input a
 * dilated convolution with the turned window, with respect to the window one product of matrices for each of its cells.
 *
 * @param x `[N, H, W, C]`
 * @param w `[rows, columns, C, O]`
 */
export function dilatedConv2d(
  x: Tensor4D,
  w: Tensor4D,
  dilations: Pair,
  pairs: readonly PaddingPair[],
): Tensor4D {
  const operation = customGrad((...inputs) => {
    const [input, kernel, save] = inputs as unknown as [Tensor4D, Tensor4D, GradSaveFunc];
    save([input, kernel]);
    const { cut, explicit } = forPlaneKernel(input, pairs);
    return {
      value: conv2d(cut, kernel, 1, explicit, 'NHWC', dilations),
      gradFunc: (dy: Tensor4D, saved: Tensor[]) => {
        const [savedX, savedW] = saved as [Tensor4D, Tensor4D];
        const [rows, columns, channels, outputs] = savedW.shape;
        const window: Pair = [rows, columns];
        const flatDy = reshape(dy, [-1, outputs]);
        const products = (): Tensor[] =>
          taps(savedX, window, dilations, pairs).map((cells) =>
            matMul(reshape(cells, [-1, channels]), flatDy, true, false),
          );
        const back = (): Tensor =>
          dilatedConv2d(
            dy,
            transpose(turned(savedW), [0, 1, 3, 2]),
            dilations,
            transposedPadding(window, dilations, pairs),
          );
        return [back(), reshape(stack(products()), savedW.shape)];
      },
    };
  });
  return operation(x, w);
}

/**
 * `depthwiseConv2d` of stride 1 with dilations and gradients whose cost does not grow with the dilation.
 *
 * @param x `[N, H, W, C]`
 * @param w `[rows, columns, C, multiplier]`
 */
export function dilatedDepthwiseConv2d(
  x: Tensor4D,
  w: Tensor4D,
  dilations: Pair,
  pairs: readonly PaddingPair[],
): Tensor4D {
  const operation = customGrad((...inputs) => {
    const [input, kernel, save] = inputs as unknown as [Tensor4D, Tensor4D, GradSaveFunc];
    save([input, kernel]);
    const { cut, explicit } = forPlaneKernel(input, pairs);
    return {
      value: depthwiseConv2d(cut, kernel, 1, explicit, 'NHWC', dilations),
      gradFunc: (dy: Tensor4D, saved: Tensor[]) => {
        const [savedX, savedW] = saved as [Tensor4D, Tensor4D];
        const [rows, columns, channels, multiplier] = savedW.shape;
        const window: Pair = [rows, columns];
        const dyByChannel = reshape(dy, [-1, channels, multiplier]);
        const products = taps(savedX, window, dilations, pairs).map((cells) =>
          sum(mul(reshape(cells, [-1, channels, 1]), dyByChannel), 0),
        );
        const perOutput = dilatedDepthwiseConv2d(
          dy,
          reshape(turned(savedW), [rows, columns, channels * multiplier, 1]),
          dilations,
          transposedPadding(window, dilations, pairs),
        );
        const dx = sum(reshape(perOutput, [...savedX.shape, multiplier]), 4);
        return [dx, reshape(stack(products), savedW.shape)];
      },
    };
  });
  return operation(x, w);
}
