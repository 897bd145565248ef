import type { DataType } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';

/** @throws `initializer-dtype-invalid` for anything but float32: random numbers of other types have no mean and deviation. */
export function checkFloat(initializer: string, dtype: DataType): void {
  if (dtype === 'float32') return;
  throw new TankaError(
    'initializer-dtype-invalid',
    `The initializer ${initializer} makes float32 values, but ${dtype} was asked for. ` +
      'Use constant or a function of your own: (shape, dtype) => tensor.',
  );
}

/** @throws `initializer-dtype-invalid` for what no backend has. */
export function checkKnown(initializer: string, dtype: DataType): void {
  if (['float32', 'int32', 'bool', 'complex64'].includes(dtype)) return;
  throw new TankaError(
    'initializer-dtype-invalid',
    `The initializer ${initializer} makes float32, int32, bool or complex64 values, but ${dtype} was asked for.`,
  );
}

/** @throws `initializer-shape-invalid` for fewer than two axes. */
export function checkMatrix(initializer: string, shape: readonly number[]): void {
  if (shape.length >= 2) return;
  throw new TankaError(
    'initializer-shape-invalid',
    `The initializer ${initializer} needs at least two axes, but the shape is [${String(shape)}]. ` +
      'Use constant or randomNormal for vectors and scalars.',
  );
}
