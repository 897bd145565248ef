import './backend/gradients/index.js';

export { jit, type Jitted, type JitOptions } from './compile/jit.js';
export * as config from './config/index.js';
export { TankaError } from './errors/tanka-error.js';
export type { ErrorCode } from './errors/catalogue.js';
export * as initializers from './initializers/index.js';
export type { Params, State } from './module/frame.js';
export { module, nameLike, transparent } from './module/decorators.js';
export { Module, type ModuleOptions } from './module/module.js';
export { forceName } from './module/names.js';
export { getParameter, getParams, type Initializer } from './module/parameters.js';
export { maybeNextRngKey, nextRngKey, nextRngKeys, reserveRngKeys, withRng } from './module/rng.js';
export { getState, setState } from './module/state.js';
export { BatchApply, type BatchApplyOptions } from './nn/batch-apply.js';
export { Bias, type BiasCallOptions, type BiasOptions } from './nn/bias.js';
export { Dropout, dropout, type DropoutOptions } from './nn/dropout.js';
export { expandApply, type ExpandApplyOptions } from './nn/expand-apply.js';
export { Flatten, type FlattenOptions } from './nn/flatten.js';
export { oneHot, type OneHotOptions } from './nn/functions/one-hot.js';
export { Linear, type LinearOptions } from './nn/linear.js';
export { multinomial } from './nn/multinomial.js';
export { Reshape, type ReshapeOptions } from './nn/reshape.js';
export { Sequential, type Layer } from './nn/sequential.js';
export * as nets from './nn/nets/index.js';
export * as nn from './nn/functions/index.js';
export type { PRNGKey } from './random/key.js';
export { PRNGSequence } from './random/prng-sequence.js';
export {
  runningInit,
  transform,
  transformWithState,
  withEmptyState,
  withoutApplyRng,
  withoutState,
} from './transform/transform.js';
export type { RngLike, Transformed, TransformedWithState } from './transform/pair.js';
export * as random from './random/index.js';
export * as tree from './tree/index.js';
