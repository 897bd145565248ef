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
export function layerTorchModuleWrapper(
  object: Tree<SymbolicTensor>,
  options: TorchModuleWrapperOptions,
): SymbolicTensor;
export function layerTorchModuleWrapper(object: Values, options: TorchModuleWrapperOptions): Tensor;
export function layerTorchModuleWrapper<Output>(
  object: Tree<SymbolicTensor> | Values,
  options: TorchModuleWrapperOptions,
): Output;
export function layerTorchModuleWrapper(object: unknown, options: TorchModuleWrapperOptions): unknown {
  return compose(object, new TorchModuleWrapper(options));
}
