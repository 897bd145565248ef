import type { Tensor } from '@tensorflow/tfjs-core';
import type { Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Tree } from '../../tree/tree.js';
import { compose, type Values } from './compose.js';
import { FlaxLayer, type FlaxLayerOptions } from './flax-layer.js';

/** Makes a {@link FlaxLayer} and composes it with `object`, as `layerJaxModelWrapper` does. */
export function layerFlaxModuleWrapper(object: null | undefined, options: FlaxLayerOptions): FlaxLayer;
export function layerFlaxModuleWrapper(object: Sequential, options: FlaxLayerOptions): Sequential;
export function layerFlaxModuleWrapper(
  object: Tree<SymbolicTensor>,
  options: FlaxLayerOptions,
): SymbolicTensor;
export function layerFlaxModuleWrapper(object: Values, options: FlaxLayerOptions): Tensor;
export function layerFlaxModuleWrapper<Output>(
  object: Tree<SymbolicTensor> | Values,
  options: FlaxLayerOptions,
): Output;
export function layerFlaxModuleWrapper(object: unknown, options: FlaxLayerOptions): unknown {
  return compose(object, new FlaxLayer(options));
}
