import { backend_util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';
import { sizeOf } from './geometry.js';

interface DilationAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations: number | [number, number];
}

interface DilationInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly dy?: TensorInfo;
}

type Mode = 'Dilation2D' | 'Dilation2DBackpropInput' | 'Dilation2DBackpropFilter';

function dilation(name: Mode, { x, filter, dy }: DilationInputs, attrs: DilationAttrs): TensorInfo {
  requireFloat(name, x, filter, dy);
  const info = backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    attrs.strides,
    attrs.pad,
    'NHWC',
    attrs.dilations,
  );
  const mode = name === 'Dilation2D' ? 0 : name === 'Dilation2DBackpropInput' ? 1 : 2;
  const out = makeOutput(mode === 0 ? info.outShape : mode === 1 ? x.shape : filter.shape);
  const to = address(out);
  if (mode !== 0) raw().clear(to, 4 * sizeOf(out.shape));
  raw().dilation2d(
    mode,
    address(x),
    address(filter),
    dy === undefined ? 0 : address(dy),
    to,
    info.batchSize,
    info.inChannels,
    info.inHeight,
    info.inWidth,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  );
  return out;
}

/** Morphological dilation and its gradients. */
export const dilationKernels: readonly KernelConfig[] = (
  ['Dilation2D', 'Dilation2DBackpropInput', 'Dilation2DBackpropFilter'] as const
).map((name) =>
  kernel<DilationInputs, DilationAttrs>(name, ({ inputs, attrs }) => dilation(name, inputs, attrs)),
);
