import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';
import { epilogueInLoop, finishEpilogue, type Epilogue } from './activation.js';
import { convolutionGeometry, outputShape, sizeOf, type Geometry, type WindowAttrs } from './geometry.js';

interface DepthwiseInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

/** The numbers that all loops take after the batch, in their order. */
function sizesOf({ channels, outChannels, height, width }: Geometry) {
  const sizes = [
    channels,
    channels === 0 ? 1 : outChannels / channels,
    height.input,
    width.input,
    height.output,
    width.output,
    height.kernel,
    width.kernel,
    height.stride,
    width.stride,
    height.dilation,
    width.dilation,
    height.before,
    width.before,
  ] as const;
  return sizes;
}

function forward(name: string, inputs: DepthwiseInputs, attrs: WindowAttrs, epilogue: Epilogue): TensorInfo {
  const { x, filter } = inputs;
  requireFloat(name, x, filter);
  const g = convolutionGeometry(x.shape, filter.shape, attrs, true);
  const out = makeOutput(outputShape(g, 4));
  const inLoop = epilogueInLoop(epilogue, g.outChannels);
  const bias = inLoop.bias === undefined ? 0 : address(inLoop.bias);
  const kernels = raw();
  const sizes = sizesOf(g);
  const [from, weights, to] = [address(x), address(filter), address(out)];
  withScratch(kernels.depthwiseScratch(...sizes), (scratch) => {
    kernels.depthwise(from, weights, bias, to, g.batch, ...sizes, inLoop.activation, scratch);
  });
  return finishEpilogue(out, epilogue, g.outChannels);
}

/** Depthwise convolution, fused, and both gradients. */
export const depthwiseKernels: readonly KernelConfig[] = [
  kernel<DepthwiseInputs, WindowAttrs>('DepthwiseConv2dNative', ({ inputs, attrs }) =>
    forward('DepthwiseConv2dNative', inputs, attrs, {}),
  ),
  kernel<DepthwiseInputs, WindowAttrs & Epilogue>('FusedDepthwiseConv2D', ({ inputs, attrs }) =>
    forward('FusedDepthwiseConv2D', inputs, attrs, {
      bias: inputs.bias,
      activation: attrs.activation,
      preluActivationWeights: inputs.preluActivationWeights,
      leakyreluAlpha: attrs.leakyreluAlpha,
    }),
  ),
  kernel<{ dy: TensorInfo; filter: TensorInfo }, WindowAttrs & { readonly inputShape: number[] }>(
    'DepthwiseConv2dNativeBackpropInput',
    ({ inputs: { dy, filter }, attrs }) => {
      requireFloat('DepthwiseConv2dNativeBackpropInput', dy, filter);
      const g = convolutionGeometry(attrs.inputShape, filter.shape, attrs, true);
      const out = makeOutput(attrs.inputShape);
      raw().depthwiseInputGradient(address(dy), address(filter), address(out), g.batch, ...sizesOf(g));
      return out;
    },
  ),
  kernel<{ x: TensorInfo; dy: TensorInfo }, WindowAttrs & { readonly filterShape: number[] }>(
    'DepthwiseConv2dNativeBackpropFilter',
    ({ inputs: { x, dy }, attrs }) => {
      requireFloat('DepthwiseConv2dNativeBackpropFilter', x, dy);
      const g = convolutionGeometry(x.shape, attrs.filterShape, attrs, true);
      const out = makeOutput(attrs.filterShape);
      const to = address(out);
      raw().clear(to, 4 * sizeOf(attrs.filterShape));
      raw().depthwiseFilterGradient(address(x), address(dy), to, g.batch, ...sizesOf(g));
      return out;
    },
  ),
];
