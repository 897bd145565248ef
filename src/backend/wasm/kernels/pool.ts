import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';
import { outputShape, poolGeometry, sizeOf, type Geometry, type WindowAttrs } from './geometry.js';

interface PoolAttrs extends WindowAttrs {
  readonly filterSize: number | number[];
}

/** What the loop does, by the numbers of `assembly/pool.ts`. */
const modes = { largest: 0, mean: 1, gradientOfLargest: 2, gradientOfMean: 3, indexOfLargest: 4 } as const;

function run(
  mode: keyof typeof modes,
  g: Geometry,
  x: number,
  y: number,
  dx: number,
  wholeIndex = false,
): void {
  const { depth, height, width } = g;
  const kernels = raw();
  withScratch(kernels.poolScratch(g.channels, width.input), (scratch) => {
    kernels.pool(
      modes[mode],
      x,
      y,
      dx,
      g.batch,
      g.channels,
      depth.input,
      height.input,
      width.input,
      depth.output,
      height.output,
      width.output,
      depth.kernel,
      height.kernel,
      width.kernel,
      depth.stride,
      height.stride,
      width.stride,
      depth.dilation,
      height.dilation,
      width.dilation,
      depth.before,
      height.before,
      width.before,
      wholeIndex ? 1 : 0,
      scratch,
    );
  });
}

function forward(name: string, mode: 'largest' | 'mean'): KernelConfig {
  return kernel<{ x: TensorInfo }, PoolAttrs>(name, ({ inputs: { x }, attrs }) => {
    requireFloat(name, x);
    const g = poolGeometry(x.shape, attrs);
    const out = makeOutput(outputShape(g, x.shape.length));
    run(mode, g, address(x), address(out), 0);
    return out;
  });
}

function gradient(name: string, mode: 'gradientOfLargest' | 'gradientOfMean'): KernelConfig {
  return kernel<{ dy: TensorInfo; input: TensorInfo }, PoolAttrs>(
    name,
    ({ inputs: { dy, input }, attrs }) => {
      requireFloat(name, dy, input);
      const g = poolGeometry(input.shape, attrs);
      const out = makeOutput(input.shape);
      const to = address(out);
      raw().clear(to, 4 * sizeOf(input.shape));
      run(mode, g, address(input), address(dy), to);
      return out;
    },
  );
}

/**
 * Pools of planes and volumes, and their gradients. `AvgPoolGrad` divides by the whole window, as in TensorFlow.js; our
 * gradient rule corrects it where windows leave the input.
 */
export const poolKernels: readonly KernelConfig[] = [
  forward('MaxPool', 'largest'),
  forward('MaxPool3D', 'largest'),
  forward('AvgPool', 'mean'),
  forward('AvgPool3D', 'mean'),
  gradient('MaxPoolGrad', 'gradientOfLargest'),
  gradient('MaxPool3DGrad', 'gradientOfLargest'),
  gradient('AvgPoolGrad', 'gradientOfMean'),
  gradient('AvgPool3DGrad', 'gradientOfMean'),
  kernel<{ x: TensorInfo }, PoolAttrs & { readonly includeBatchInIndex: boolean }>(
    'MaxPoolWithArgmax',
    ({ inputs: { x }, attrs }) => {
      requireFloat('MaxPoolWithArgmax', x);
      const g = poolGeometry(x.shape, attrs);
      const result = makeOutput(outputShape(g, 4));
      const indexes = makeOutput(outputShape(g, 4), 'int32');
      run('indexOfLargest', g, address(x), address(result), address(indexes), attrs.includeBatchInIndex);
      return [result, indexes];
    },
  ),
];
