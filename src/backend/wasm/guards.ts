/**
 * What stock kernels are given has to lie in their tensors: these read, and some of them write, foreign memory otherwise, or end the module.
 * The kernels themselves stay. As they are never traced, a plan calls them by name, and their guard with them.
 */
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { integers } from './heap.js';

type Guard = (
  inputs: Readonly<Record<string, TensorInfo>>,
  attributes: Readonly<Record<string, unknown>>,
) => void;

/** Points, one behind the other in `indices`, each with a coordinate for every leading axis that is indexed. */
function requirePoints(
  operation: string,
  indices: TensorInfo,
  coordinates: number,
  shape: readonly number[],
): void {
  const values = integers(indices);
  for (let i = 0, axis = 0; i < values.length; i++, axis = axis + 1 === coordinates ? 0 : axis + 1) {
    if (values[i] >= 0 && values[i] < shape[axis]) continue;
    throw new TankaError(
      'wasm-index-out-of-range',
      `${operation}: entry ${i} of the indices is ${values[i]}, outside of [0, ${shape[axis]}), the range of axis ${axis} of a tensor of ` +
        `shape [${shape.join(', ')}]. Clip the indices first if such values are meant.`,
    );
  }
}

/** Coordinates of a point where indices of rank 0 and 1 are points of one. */
function coordinatesOf({ shape }: TensorInfo): number {
  return shape.length > 1 ? shape[shape.length - 1] : 1;
}

/** @throws `wasm-kernel-unsupported` for widths below 0 */
export function requireWidths(operation: string, paddings: readonly (readonly number[])[]): void {
  const axis = paddings.findIndex((widths) => widths.some((width) => width < 0));
  if (axis < 0) return;
  throw new TankaError(
    'wasm-kernel-unsupported',
    `${operation}: padding [${paddings[axis].join(', ')}] of axis ${axis} on the WASM backend: widths are 0 or more. Cut entries off by \`tf.slice\`.`,
  );
}

function requireCounts(operation: string, x: TensorInfo): void {
  const at = integers(x).findIndex((value) => value < 0);
  if (at < 0) return;
  throw new TankaError(
    'wasm-index-out-of-range',
    `${operation}: entry ${at} of the values to count is negative. Clip the values first if such are meant.`,
  );
}

const guards: Readonly<Record<string, Guard>> = {
  Bincount: ({ x }) => {
    requireCounts('bincount', x);
  },
  CropAndResize: ({ image, boxInd }) => {
    requirePoints('cropAndResize', boxInd, 1, image.shape);
  },
  DenseBincount: ({ x }) => {
    requireCounts('denseBincount', x);
  },
  GatherNd: ({ params, indices }) => {
    requirePoints('gatherND', indices, indices.shape[indices.shape.length - 1], params.shape);
  },
  PadV2: (_, { paddings }) => {
    requireWidths('pad', paddings as number[][]);
  },
  ScatterNd: ({ indices }, { shape }) => {
    requirePoints('scatterND', indices, coordinatesOf(indices), shape as number[]);
  },
  SpaceToBatchND: (_, { paddings }) => {
    requireWidths('spaceToBatchND', paddings as number[][]);
  },
  SparseToDense: ({ sparseIndices }, { outputShape }) => {
    requirePoints('sparseToDense', sparseIndices, coordinatesOf(sparseIndices), outputShape as number[]);
  },
  TensorScatterUpdate: ({ tensor, indices }) => {
    requirePoints('tensorScatterUpdate', indices, coordinatesOf(indices), tensor.shape);
  },
};

/** The names of guarded kernels. */
export const guardedNames: readonly string[] = Object.keys(guards);

const guarded = new WeakSet<KernelConfig>();

/** A stock kernel behind its guard; what is guarded already as it is. */
export function guard(stock: KernelConfig): KernelConfig {
  if (guarded.has(stock)) return stock;
  const kernelFunc: KernelFunc = (call) => {
    guards[stock.kernelName](call.inputs as Record<string, TensorInfo>, call.attrs ?? {});
    return stock.kernelFunc(call);
  };
  const config = { ...stock, kernelFunc };
  guarded.add(config);
  return config;
}
