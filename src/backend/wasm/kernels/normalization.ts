import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { address, floats, makeOutput, raw, withScratch } from '../heap.js';
import { kernel, requireFloat, runKernel } from '../kernel.js';

/** Rows and columns of a tensor as its last axis sees it. */
function rowsOf(x: TensorInfo): { rows: number; n: number } {
  const n = x.shape.at(-1) ?? 1;
  return { rows: n === 0 ? 0 : util.sizeFromShape(x.shape) / n, n };
}

interface BatchNorm {
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly offset?: TensorInfo;
  readonly scale?: TensorInfo;
}

function isVector(tensor: TensorInfo | undefined, n: number): boolean {
  return tensor === undefined || (tensor.shape.length === 1 && tensor.shape[0] === n);
}

/** One multiplication and two additions an entry, when the statistics are of the last axis. */
function batchNorm({ x, mean, variance, offset, scale }: BatchNorm, eps: number): TensorInfo {
  requireFloat('FusedBatchNorm', x, mean, variance, offset, scale);
  const { rows, n } = rowsOf(x);
  if (![mean, variance, offset, scale].every((t) => isVector(t, n))) {
    return batchNormOfAnyShape(
      { x, mean, variance, ...(offset && { offset }), ...(scale && { scale }) },
      eps,
    );
  }
  const out = makeOutput(x.shape);
  withScratch(4 * n, (scratch) => {
    const [scales, offsets] = [scale ? address(scale) : 0, offset ? address(offset) : 0];
    const [from, means, variances] = [address(x), address(mean), address(variance)];
    raw().batchNorm(rows, n, from, means, variances, scales, offsets, eps, address(out), scratch);
  });
  return out;
}

function batchNormOfAnyShape({ x, mean, variance, offset, scale }: BatchNorm, eps: number): TensorInfo {
  const small = makeOutput([]);
  floats(small)[0] = eps;
  const sum = runKernel('Add', { a: variance, b: small }, {}, [small]);
  const inverse = runKernel('Rsqrt', { x: sum }, {}, [sum]);
  const factor = scale ? runKernel('Multiply', { a: inverse, b: scale }, {}, [inverse]) : inverse;
  const centered = runKernel('Sub', { a: x, b: mean });
  const scaled = runKernel('Multiply', { a: centered, b: factor }, {}, [centered, factor]);
  return offset ? runKernel('Add', { a: scaled, b: offset }, {}, [scaled]) : scaled;
}

interface LayerNorm {
  readonly x: TensorInfo;
  readonly scale: TensorInfo;
  readonly offset: TensorInfo;
}

/** Softmax and normalizations. The kernels named `Tanka…` belong to the fused operations of `backend/ops`. */
export const normalizationKernels: readonly KernelConfig[] = [
  kernel<BatchNorm, { readonly varianceEpsilon: number }>('FusedBatchNorm', ({ inputs, attrs }) =>
    batchNorm(inputs, attrs.varianceEpsilon),
  ),
  kernel<{ logits: TensorInfo }, object>('Softmax', ({ inputs: { logits } }) => {
    requireFloat('Softmax', logits);
    const { rows, n } = rowsOf(logits);
    const out = makeOutput(logits.shape);
    withScratch(64, (scratch) => {
      raw().softmax(rows, n, address(logits), address(out), scratch);
    });
    return out;
  }),
  kernel<{ logits: TensorInfo }, object>('TankaLogSoftmax', ({ inputs: { logits } }) => {
    const { rows, n } = rowsOf(logits);
    const out = makeOutput(logits.shape);
    withScratch(64, (scratch) => {
      raw().logSoftmax(rows, n, address(logits), address(out), scratch);
    });
    return out;
  }),
  kernel<{ y: TensorInfo; dy: TensorInfo }, { readonly logarithm: boolean }>(
    'TankaSoftmaxGradient',
    ({ inputs: { y, dy }, attrs: { logarithm } }) => {
      const { rows, n } = rowsOf(y);
      const out = makeOutput(y.shape);
      raw().softmaxGradient(rows, n, address(y), address(dy), address(out), logarithm ? 1 : 0);
      return out;
    },
  ),
  kernel<LayerNorm, { readonly eps: number }>(
    'TankaLayerNorm',
    ({ inputs: { x, scale, offset }, attrs: { eps } }) => {
      const { rows, n } = rowsOf(x);
      const y = makeOutput(x.shape);
      const statistics = makeOutput([rows, 2]);
      raw().layerNorm(
        rows,
        n,
        address(x),
        address(scale),
        address(offset),
        eps,
        address(y),
        address(statistics),
      );
      return [y, statistics];
    },
  ),
  kernel<{ x: TensorInfo; scale: TensorInfo; dy: TensorInfo; statistics: TensorInfo }, object>(
    'TankaLayerNormGradient',
    ({ inputs: { x, scale, dy, statistics } }) => {
      const { rows, n } = rowsOf(x);
      const dx = makeOutput(x.shape);
      const dScale = makeOutput(scale.shape);
      const dOffset = makeOutput(scale.shape);
      floats(dScale).fill(0);
      floats(dOffset).fill(0);
      raw().layerNormGradient(
        rows,
        n,
        address(x),
        address(scale),
        address(dy),
        address(statistics),
        address(dx),
        address(dScale),
        address(dOffset),
      );
      return [dx, dScale, dOffset];
    },
  ),
];
