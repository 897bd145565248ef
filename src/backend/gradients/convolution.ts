import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { conv2d, conv3d, depthwiseConv2d } from '@tensorflow/tfjs-core';
import { dilate, undilate } from './dilation.js';
import { type Gradients, rule, runKernel } from './rule.js';

type Pad = 'valid' | 'same' | number;

interface Convolution {
  readonly strides: [number, number];
  readonly pad: Pad;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | readonly number[];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Convolution3D {
  readonly strides: [number, number, number];
  readonly pad: 'valid' | 'same';
  readonly dilations?: number | readonly number[];
}

/**
 * Both gradients of a convolution by the kernels `input` and `filter`. A dilated convolution is one with zeros between
 * the taps of its filter, and that is how its gradients are computed: the kernels know nothing of dilations.
 */
function gradientsOf(
  dy: Tensor,
  [x, filter]: Tensor[],
  { dilations, ...attributes }: Convolution | Convolution3D,
  kernels: { readonly input: string; readonly filter: string; readonly spatialDims: number },
): Gradients {
  const steps = Array.from({ length: kernels.spatialDims }, (_, axis) =>
    typeof dilations === 'number' ? dilations : (dilations?.[axis] ?? 1),
  );
  const sizes = filter.shape.map((size, axis) => (size - 1) * (steps[axis] ?? 1) + 1);
  const ones = steps.map(() => 1);
  return {
    x: () => {
      const spread = steps.reduce((f, step, axis) => dilate(f, axis, step), filter);
      return runKernel(
        kernels.input,
        { dy, filter: spread },
        { ...attributes, dilations: ones, inputShape: x.shape },
      );
    },
    filter: () => {
      const spread = runKernel(
        kernels.filter,
        { x, dy },
        { ...attributes, dilations: ones, filterShape: sizes },
      );
      return steps.reduce((f, step, axis) => undilate(f, axis, step, filter.shape[axis]), spread);
    },
  };
}

const PLANE = { input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter', spatialDims: 2 };
const VOLUME = { input: 'Conv3DBackpropInputV2', filter: 'Conv3DBackpropFilterV2', spatialDims: 3 };
const DEPTHWISE = {
  input: 'DepthwiseConv2dNativeBackpropInput',
  filter: 'DepthwiseConv2dNativeBackpropFilter',
  spatialDims: 2,
};

function convolve(
  x: Tensor,
  filter: Tensor,
  { strides, pad, dataFormat, dimRoundingMode }: Convolution,
): Tensor {
  return conv2d(x as never, filter as never, strides, pad, dataFormat, 1, dimRoundingMode);
}

function convolveDepthwise(x: Tensor, filter: Tensor, attributes: Convolution): Tensor {
  const { strides, pad, dataFormat, dimRoundingMode } = attributes;
  return depthwiseConv2d(x as never, filter as never, strides, pad, dataFormat, 1, dimRoundingMode);
}

function convolveVolume(x: Tensor, filter: Tensor, { strides, pad }: Convolution3D): Tensor {
  return conv3d(x as never, filter as never, strides, pad);
}

/** Convolutions, transposed convolutions (which are the input gradients), and the gradients of their filters. */
export const convolutionRules: readonly GradConfig[] = [
  rule<Convolution>('Conv2D', { inputs: ['x', 'filter'] }, (dy, saved, attributes) =>
    gradientsOf(dy, saved, attributes, PLANE),
  ),
  rule<Convolution>(PLANE.input, { inputs: ['dy', 'filter'] }, (ddx, [dy, filter], attributes) => ({
    dy: () => convolve(ddx, filter, attributes),
    filter: () => runKernel(PLANE.filter, { x: ddx, dy }, { ...attributes, filterShape: filter.shape }),
  })),
  rule<Convolution>(PLANE.filter, { inputs: ['x', 'dy'] }, (ddw, [x, dy], attributes) => ({
    x: () => runKernel(PLANE.input, { dy, filter: ddw }, { ...attributes, inputShape: x.shape }),
    dy: () => convolve(x, ddw, attributes),
  })),
  rule<Convolution3D>('Conv3D', { inputs: ['x', 'filter'] }, (dy, saved, attributes) =>
    gradientsOf(dy, saved, attributes, VOLUME),
  ),
  rule<Convolution3D>(VOLUME.input, { inputs: ['dy', 'filter'] }, (ddx, [dy, filter], attributes) => ({
    dy: () => convolveVolume(ddx, filter, attributes),
    filter: () => runKernel(VOLUME.filter, { x: ddx, dy }, { ...attributes, filterShape: filter.shape }),
  })),
  rule<Convolution3D>(VOLUME.filter, { inputs: ['x', 'dy'] }, (ddw, [x, dy], attributes) => ({
    x: () => runKernel(VOLUME.input, { dy, filter: ddw }, { ...attributes, inputShape: x.shape }),
    dy: () => convolveVolume(x, ddw, attributes),
  })),
  rule<Convolution>('DepthwiseConv2dNative', { inputs: ['x', 'filter'] }, (dy, saved, attributes) =>
    gradientsOf(dy, saved, attributes, DEPTHWISE),
  ),
  rule<Convolution>(DEPTHWISE.input, { inputs: ['dy', 'filter'] }, (ddx, [dy, filter], attributes) => ({
    dy: () => convolveDepthwise(ddx, filter, attributes),
    filter: () => runKernel(DEPTHWISE.filter, { x: ddx, dy }, { ...attributes, filterShape: filter.shape }),
  })),
  rule<Convolution>(DEPTHWISE.filter, { inputs: ['x', 'dy'] }, (ddw, [x, dy], attributes) => ({
    x: () => runKernel(DEPTHWISE.input, { dy, filter: ddw }, { ...attributes, inputShape: x.shape }),
    dy: () => convolveDepthwise(x, ddw, attributes),
  })),
];
