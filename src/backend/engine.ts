import { clone, engine, Tensor, type KernelBackend } from '@tensorflow/tfjs-core';

/** An operation that the engine has recorded for a later gradient. */
export interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  /** Absent where there is no rule. */
  readonly gradient?: (dys: (Tensor | null)[]) => Record<string, () => Tensor>;
  /** Freed with the tape. */
  readonly saved?: readonly { dispose(): void }[];
}

interface Scope {
  readonly id: number;
  readonly track: Tensor[];
}

/** The parts of the engine that its types hide. */
interface OpenEngine {
  nextTensorId(): number;
  makeTensorFromTensorInfo(info: Tensor, backend: KernelBackend): Tensor;
  readonly state: {
    activeTape: TapeNode[] | null;
    gradientDepth: number;
    kernelDepth: number;
    nextTapeNodeId: number;
    readonly activeScope?: Scope | null;
    readonly tensorInfo: WeakMap<object, { readonly backend: KernelBackend }>;
  };
}

/** The engine of TensorFlow.js, with what its types hide. */
export function openEngine(): OpenEngine {
  return engine() as unknown as OpenEngine;
}

/**
 * The id that separates the tensors made so far from those made later: tensor ids only grow.
 * The engine has the counter, but its type hides it.
 */
export function tensorIdMark(): number {
  return openEngine().nextTensorId();
}

/** How many gradients are being taken around the code that runs. */
export function gradientDepth(): number {
  return openEngine().state.gradientDepth;
}

/** Hands a tensor that was kept out of a scope to the scope that is running, or to the caller where there is none. */
export function releaseToScope(tensor: Tensor): void {
  tensor.kept = false;
  const scope = openEngine().state.activeScope;
  if (scope === undefined || scope === null) return;
  (tensor as { scopeId: number }).scopeId = scope.id;
  scope.track.push(tensor);
}

/**
 * A tensor with the same values and a life of its own, which no gradient sees. It shares the memory: the stock WASM backend's
 * `clone` copies it.
 */
export function alias(tensor: Tensor): Tensor {
  const open = openEngine();
  const info = open.state.tensorInfo.get(tensor.dataId);
  if (info === undefined) return clone(tensor);
  info.backend.incRef(tensor.dataId);
  return open.makeTensorFromTensorInfo(tensor, info.backend);
}

/** A tensor with the same values and a life of its own, through which gradients flow. */
export function handleOf(tensor: Tensor): Tensor {
  return recordingGradient() ? clone(tensor) : alias(tensor);
}

/** The innermost tidy scope that is open, or `undefined`: two calls with the same scope between them run in the same block. */
export function currentScope(): object | undefined {
  return openEngine().state.activeScope ?? undefined;
}

/** Whether a gradient is being recorded. */
export function recordingGradient(): boolean {
  return gradientDepth() > 0;
}

/** True for tensors, those of another copy of TensorFlow.js included. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
