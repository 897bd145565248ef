import { engine, Tensor } from '@tensorflow/tfjs-core';

/**
 * The id that separates the tensors made so far from those made later: tensor ids only grow.
 * The engine has the counter, but its type hides it.
 */
export function tensorIdMark(): number {
  return (engine() as unknown as { nextTensorId(): number }).nextTensorId();
}

/** The innermost tidy scope that is open, or `undefined`: two calls with the same scope between them run in the same block. */
export function currentScope(): object | undefined {
  return (engine() as unknown as { state: { activeScope?: object | null } }).state.activeScope ?? undefined;
}

/** Whether a gradient is being recorded. */
export function recordingGradient(): boolean {
  return (engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;
}

/** True for tensors, those of another copy of TensorFlow.js included. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
