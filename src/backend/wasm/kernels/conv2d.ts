import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { discard } from '../heap.js';
import { kernel, requireFloat, runKernel } from '../kernel.js';
import type { Epilogue } from './activation.js';
import { convolve, convolutionFilterGradient, convolutionInputGradient } from './convolution.js';
import { convolutionGeometry, type WindowAttrs } from './geometry.js';

interface ConvAttrs extends WindowAttrs {
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

interface ConvInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
  readonly residual?: TensorInfo;
}

const toLast = [0, 2, 3, 1];
const toFirst = [0, 3, 1, 2];

function permuted(shape: readonly number[], order: readonly number[]): number[] {
  return order.map((axis) => shape[axis]);
}

/** An explicit padding names its pairs in the order of the axes. */
function channelsLast(attrs: ConvAttrs): ConvAttrs {
  return Array.isArray(attrs.pad)
    ? { ...attrs, pad: toLast.map((axis) => (attrs.pad as [number, number][])[axis]) as ConvAttrs['pad'] }
    : attrs;
}

/** Runs a kernel written for channels last on inputs with channels first. */
function transposing(
  inputs: readonly TensorInfo[],
  attrs: ConvAttrs,
  run: (inputs: readonly TensorInfo[], attrs: ConvAttrs) => TensorInfo,
  backToFirst: boolean,
): TensorInfo {
  if (attrs.dataFormat !== 'NCHW') return run(inputs, attrs);
  const last = inputs.map((x) => runKernel('Transpose', { x }, { perm: toLast }));
  const out = run(last, channelsLast(attrs));
  last.forEach(discard);
  return backToFirst ? runKernel('Transpose', { x: out }, { perm: toFirst }, [out]) : out;
}

function forward(name: string, inputs: ConvInputs, attrs: ConvAttrs, epilogue: Epilogue): TensorInfo {
  const { filter } = inputs;
  requireFloat(name, inputs.x, filter);
  return transposing(
    [inputs.x],
    attrs,
    ([x], inner) => {
      const image = x;
      return convolve(image, filter, convolutionGeometry(image.shape, filter.shape, inner), epilogue);
    },
    true,
  );
}

/** Two-dimensional convolution, fused convolution, and both gradients. */
export const conv2dKernels: readonly KernelConfig[] = [
  kernel<ConvInputs, ConvAttrs>('Conv2D', ({ inputs, attrs }) => forward('Conv2D', inputs, attrs, {})),
  kernel<ConvInputs, ConvAttrs & Epilogue>('FusedConv2D', ({ inputs, attrs }) =>
    forward('FusedConv2D', inputs, attrs, {
      bias: inputs.bias,
      activation: attrs.activation,
      preluActivationWeights: inputs.preluActivationWeights,
      leakyreluAlpha: attrs.leakyreluAlpha,
      residual: inputs.residual,
    }),
  ),
  kernel<{ dy: TensorInfo; filter: TensorInfo }, ConvAttrs & { readonly inputShape: number[] }>(
    'Conv2DBackpropInput',
    ({ inputs: { dy, filter }, attrs }) => {
      requireFloat('Conv2DBackpropInput', dy, filter);
      const shape = attrs.dataFormat === 'NCHW' ? permuted(attrs.inputShape, toLast) : attrs.inputShape;
      return transposing(
        [dy],
        attrs,
        ([gradient], inner) =>
          convolutionInputGradient(gradient, filter, shape, convolutionGeometry(shape, filter.shape, inner)),
        true,
      );
    },
  ),
  kernel<{ x: TensorInfo; dy: TensorInfo }, ConvAttrs & { readonly filterShape: number[] }>(
    'Conv2DBackpropFilter',
    ({ inputs, attrs }) => {
      requireFloat('Conv2DBackpropFilter', inputs.x, inputs.dy);
      return transposing(
        [inputs.x, inputs.dy],
        attrs,
        (pair, inner) => {
          const [x, dy] = pair as [TensorInfo, TensorInfo];
          const geometry = convolutionGeometry(x.shape, attrs.filterShape, inner);
          return convolutionFilterGradient(x, dy, attrs.filterShape, geometry);
        },
        false,
      );
    },
  ),
];
