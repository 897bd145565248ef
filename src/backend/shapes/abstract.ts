import { engine, Tensor, type DataType } from '@tensorflow/tfjs-core';
import { ShapeBackend } from './shape-backend.js';

/** The backend of tensors without values. */
export const shapeBackend = new ShapeBackend();

let computing = false;
let initializing = false;

/** Whether only shapes are computed. */
export function computesShapes(): boolean {
  return computing;
}

/** Whether only shapes are computed, and initial values are not wanted. */
export function skipsInitialValues(): boolean {
  return computing && !initializing;
}

/** Whether only shapes are computed, and this is a tensor that has no values. */
export function hasNoValues(value: unknown): boolean {
  return computing && value instanceof Tensor && shapeBackend.isAbstract(value.dataId);
}

/** A tensor that has a shape and a dtype, but no values; only while shapes are computed. */
export function abstractTensor(shape: readonly number[], dtype: DataType): Tensor {
  return engine().makeTensorFromTensorInfo(shapeBackend.abstract(shape, dtype), shapeBackend);
}

/** Runs `f` as a computation of shapes. */
export function whileComputingShapes<R>(initialize: boolean, f: () => R): R {
  computing = true;
  initializing = initialize;
  try {
    return f();
  } finally {
    computing = false;
  }
}
