import type { Tensor } from '@tensorflow/tfjs-core';
import type { Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Tree } from '../../tree/tree.js';
import { compose, type Values } from './compose.js';
import { TorchModuleWrapper, type TorchModuleWrapperOptions } from './torch-module-wrapper.js';

/** Makes a {@link TorchModuleWrapper} and composes it with `object`, as `layerJaxModelWrapper` does. */
export function layerTorchModuleWrapper(
  object: null | undefined,
  options: TorchModuleWrapperOptions,
): TorchModuleWrapper;
export function layerTorchModuleWrapper(object: Sequential, options: TorchModuleWrapperOptions): Sequential;
export function layerTorchModuleWrapper<Output = SymbolicTensor>(
  object: Tree<SymbolicTensor>,
  options: TorchModuleWrapperOptions,
): Output;
export function layerTorchModuleWrapper<Output = Tensor>(
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- the overloads differ in what `Output` is by default
  object: Values,
  options: TorchModuleWrapperOptions,
): Output;
export function layerTorchModuleWrapper(object: unknown, options: TorchModuleWrapperOptions): unknown {
  return compose(object, new TorchModuleWrapper(options));
}
