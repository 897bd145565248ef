export type { CallArguments, ModelFunctionOptions } from './model-function.js';
export { registerSerializable } from './registry.js';
export { signature, type ModelArgument, type SignatureOptions } from './signature.js';
export { JaxLayer, type JaxLayerOptions } from './tfjs-layers/jax-layer.js';
export { layerJaxModelWrapper } from './tfjs-layers/layer-jax-model-wrapper.js';
export type { LayerOptions } from './tfjs-layers/options.js';
export type { ApplyOptions } from './tfjs-layers/wrapper-layer.js';
