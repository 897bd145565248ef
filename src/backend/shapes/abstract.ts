import { Tensor, type DataType } from '@tensorflow/tfjs-core';
import type { ShapeBackend } from './shape-backend.js';

/** The backend of tensors without values, while only shapes are computed: who never computes them does not load it. */
let backend: ShapeBackend | null = null;
let initializing = false;

/** Whether only shapes are computed. */
export function computesShapes(): boolean {
  return backend !== null;
}

/** Whether only shapes are computed, and initial values are not wanted. */
export function skipsInitialValues(): boolean {
  return backend !== null && !initializing;
}

/** Whether only shapes are computed, and this is a tensor that has no values. */
export function hasNoValues(value: unknown): boolean {
  return backend !== null && value instanceof Tensor && backend.isAbstract(value.dataId);
}

/** A tensor that has a shape and a dtype, but no values; only while shapes are computed. */
export function abstractTensor(shape: readonly number[], dtype: DataType): Tensor {
  return (backend as ShapeBackend).tensor(shape, dtype);
}

/** Runs `f` as a computation of shapes. */
export function whileComputingShapes<R>(shapes: ShapeBackend, initialize: boolean, f: () => R): R {
  backend = shapes;
  initializing = initialize;
  try {
    return f();
  } finally {
    backend = null;
  }
}
