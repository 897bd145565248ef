import type { Tensor } from '@tensorflow/tfjs-core';
import type { Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Tree } from '../../tree/tree.js';
import { compose, type Values } from './compose.js';
import { JaxLayer, type JaxLayerOptions } from './jax-layer.js';

/**
 * Makes a {@link JaxLayer} and composes it with `object`: Keras' `layer_jax_model_wrapper`.
 *
 * @param object a sequential model, to which the layer is added in place; symbolic tensors, tensors or number arrays, to which it
 * is applied; or `null`
 * @returns the model, the outputs in the nesting that `callFn` returns, or the layer
 */
export function layerJaxModelWrapper(object: null | undefined, options: JaxLayerOptions): JaxLayer;
export function layerJaxModelWrapper(object: Sequential, options: JaxLayerOptions): Sequential;
export function layerJaxModelWrapper(object: Tree<SymbolicTensor>, options: JaxLayerOptions): SymbolicTensor;
export function layerJaxModelWrapper(object: Values, options: JaxLayerOptions): Tensor;
export function layerJaxModelWrapper<Output>(
  object: Tree<SymbolicTensor> | Values,
  options: JaxLayerOptions,
): Output;
export function layerJaxModelWrapper(object: unknown, options: JaxLayerOptions): unknown {
  return compose(object, new JaxLayer(options));
}
