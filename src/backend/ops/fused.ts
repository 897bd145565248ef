import { engine, getBackend, getKernel, type Tensor } from '@tensorflow/tfjs-core';

/**
 * True where the backend has a kernel of ours: on WASM, after `useWasm`. Elsewhere the operation is composed.
 */
export function hasFused(kernelName: string): boolean {
  return getKernel(kernelName, getBackend()) != null;
}

/** Runs a fused kernel; its gradient rule is among those of `backend/gradients`. */
export function runFused<Result extends Tensor | Tensor[] = Tensor>(
  kernelName: string,
  inputs: Record<string, Tensor>,
  attributes: Record<string, number | boolean> = {},
): Result {
  return engine().runKernel(kernelName, inputs, attributes);
}
