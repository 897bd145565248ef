import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { discard, wasmBackend } from './heap.js';

/** What a kernel is called with; `Inputs` and `Attrs` are those that TensorFlow.js documents for its name. */
export interface KernelArguments<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
}

const own = new WeakSet<KernelFunc>();

/** A kernel of the WASM backend. */
export function kernel<Inputs, Attrs>(
  kernelName: string,
  run: (args: KernelArguments<Inputs, Attrs>) => TensorInfo | TensorInfo[],
): KernelConfig {
  const kernelFunc = run as unknown as KernelFunc;
  own.add(kernelFunc);
  return { kernelName, backendName: 'wasm', kernelFunc };
}

/** True for kernels made by {@link kernel}: they reach memory through `heap.ts` alone and need no backend in their arguments. */
export function isOwnKernel({ kernelFunc }: KernelConfig): boolean {
  return own.has(kernelFunc);
}

/** Runs another kernel of the backend from within one, and discards `dispose` after it. */
export function runKernel(
  name: string,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap = {},
  dispose: readonly TensorInfo[] = [],
): TensorInfo {
  const config = getKernel(name, 'wasm');
  if (config === undefined) {
    throw new TankaError('wasm-kernel-unsupported', `The WASM backend has no kernel ${name}.`);
  }
  try {
    return config.kernelFunc({
      inputs,
      attrs,
      backend: isOwnKernel(config) ? {} : wasmBackend(),
    }) as TensorInfo;
  } finally {
    dispose.forEach(discard);
  }
}

/** Refuses what is not float32. */
export function requireFloat(name: string, ...tensors: readonly (TensorInfo | undefined | null)[]): void {
  for (const tensor of tensors) {
    if (tensor && tensor.dtype !== 'float32') {
      throw new TankaError(
        'wasm-kernel-unsupported',
        `${name} on the WASM backend takes float32, not ${tensor.dtype}: cast its inputs first.`,
      );
    }
  }
}
