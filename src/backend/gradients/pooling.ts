import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { backend_util, mul, tensor } from '@tensorflow/tfjs-core';
import { sidesOf } from '../ops/window.js';
import { sizeOf } from './broadcasting.js';
import { rule, runKernel } from './rule.js';

interface Pool {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Axis {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly window: number;
  readonly stride: number;
  readonly padBefore: number;
}

/** The spatial axes of a pool as TensorFlow.js computes them. */
function poolAxes(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Pool): Axis[] {
  if (shape.length === 4) {
    const info = backend_util.computePool2DInfo(
      shape as [number, number, number, number],
      filterSize as number,
      strides as number,
      1,
      sidesOf(pad),
      dimRoundingMode,
    );
    return [
      {
        inputSize: info.inHeight,
        outputSize: info.outHeight,
        window: info.filterHeight,
        stride: info.strideHeight,
        padBefore: info.padInfo.top,
      },
      {
        inputSize: info.inWidth,
        outputSize: info.outWidth,
        window: info.filterWidth,
        stride: info.strideWidth,
        padBefore: info.padInfo.left,
      },
    ];
  }
  const info = backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize as number,
    strides as number,
    1,
    pad,
    dimRoundingMode,
  );
  return [
    {
      inputSize: info.inDepth,
      outputSize: info.outDepth,
      window: info.filterDepth,
      stride: info.strideDepth,
      padBefore: info.padInfo.front,
    },
    {
      inputSize: info.inHeight,
      outputSize: info.outHeight,
      window: info.filterHeight,
      stride: info.strideHeight,
      padBefore: info.padInfo.top,
    },
    {
      inputSize: info.inWidth,
      outputSize: info.outWidth,
      window: info.filterWidth,
      stride: info.strideWidth,
      padBefore: info.padInfo.left,
    },
  ];
}

/** How many entries of the input each window of an axis covers. */
function coverage({ inputSize, outputSize, window, stride, padBefore }: Axis): number[] {
  return Array.from({ length: outputSize }, (_, i) => {
    const begin = i * stride - padBefore;
    return Math.min(begin + window, inputSize) - Math.max(begin, 0);
  });
}

/**
 * The forward pass divides by the entries that a window covers, the gradient kernels by the whole window, padding
 * included: this multiplies dy by the one over the other. No work where nothing is padded.
 */
function scaledToCoverage(dy: Tensor, shape: number[], pool: Pool): Tensor {
  const axes = poolAxes(shape, pool);
  const counts = axes.map(coverage);
  const whole = sizeOf(axes.map(({ window }) => window));
  let factors = [1];
  for (const axis of counts) factors = factors.flatMap((factor) => axis.map((count) => factor * count));
  if (factors.every((count) => count === whole)) return dy;
  // An explicit padding may leave a window that covers nothing: there is nothing to divide, and no gradient.
  const ratios = factors.map((count) => (count > 0 ? whole / count : 0));
  return mul(dy, tensor(ratios, [1, ...axes.map(({ outputSize }) => outputSize), 1]));
}

function averageRule(kernelName: string): GradConfig {
  return rule<Pool>(kernelName, { inputs: ['x'] }, (dy, [x], pool) => ({
    x: () =>
      runKernel(`${kernelName}Grad`, { dy: scaledToCoverage(dy, x.shape, pool), input: x }, { ...pool }),
  }));
}

function maximumRule(kernelName: string): GradConfig {
  return rule<Pool>(kernelName, { inputs: ['x'], outputs: [true] }, (dy, [x, y], pool) => ({
    x: () => runKernel(`${kernelName}Grad`, { dy, input: x, output: y }, { ...pool }),
  }));
}

/** Pools of planes and volumes, and morphological dilation. */
export const poolingRules: readonly GradConfig[] = [
  averageRule('AvgPool'),
  averageRule('AvgPool3D'),
  rule<Record<string, unknown>>('Dilation2D', { inputs: ['x', 'filter'] }, (dy, [x, filter], attributes) => ({
    x: () => runKernel('Dilation2DBackpropInput', { x, filter, dy }, attributes),
    filter: () => runKernel('Dilation2DBackpropFilter', { x, filter, dy }, attributes),
  })),
  maximumRule('MaxPool'),
  maximumRule('MaxPool3D'),
];
