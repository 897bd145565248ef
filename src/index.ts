import './backend/gradients/index.js';
import './backend/inspect.js';

export { loadGraph, saveGraph, type LoadedGraph } from './compile/graph-file.js';
export { jit, type Jitted, type JitOptions } from './compile/jit.js';
/** Settings, scoped and global: `hk.config.context`, `hk.config.set`. */
export * as config from './module/configuration.js';
export { TankaError } from './errors/tanka-error.js';
export type { ErrorCode } from './errors/catalogue.js';
/** Factories of initializers, `(shape, dtype) => tensor`. */
export * as initializers from './initializers/index.js';
export {
  customCreator,
  customGetter,
  customSetter,
  DO_NOT_STORE,
  type Creator,
  type Getter,
  type GetterContext,
  type Setter,
  type SetterContext,
} from './module/creators.js';
export { capture, type Captured } from './module/capture.js';
export { module, nameLike, transparent } from './module/decorators.js';
export { Deferred } from './module/deferred.js';
export { currentName, type Params, type State } from './module/frame.js';
export { interceptMethods, type Interceptor, type MethodContext } from './module/interceptors.js';
export { Module, type ModuleOptions } from './module/module.js';
export { nameScope } from './module/name-scope.js';
export { forceName } from './module/names.js';
export { getParameter, getParams, type Initializer } from './module/parameters.js';
export {
  maybeGetRngSequenceState,
  maybeNextRngKey,
  nextRngKey,
  nextRngKeys,
  replaceRngSequenceState,
  reserveRngKeys,
  withRng,
} from './module/rng.js';
export { AvgPool, avgPool, type AvgPoolOptions } from './nn/avg-pool.js';
export type { AxisOrAxes, AxisSlice } from './nn/axes.js';
export {
  causalMask,
  MultiHeadAttention,
  type AttentionCallOptions,
  type MultiHeadAttentionOptions,
} from './nn/attention.js';
export { getCurrentState, getInitialState, getState, setState } from './module/state.js';
export { toModule } from './module/to-module.js';
export type { NormCallOptions } from './nn/affine.js';
export { BatchApply, type BatchApplyOptions } from './nn/batch-apply.js';
export { BatchNorm, type BatchNormCallOptions, type BatchNormOptions } from './nn/batch-norm.js';
export { Bias, type BiasCallOptions, type BiasOptions } from './nn/bias.js';
export { getChannelIndex } from './nn/channel-index.js';
export { ConvND, type ConvOptions } from './nn/conv-nd.js';
export { ConvNDTranspose, type ConvTransposeOptions } from './nn/conv-nd-transpose.js';
export { Conv1D } from './nn/conv1d.js';
export { Conv1DTranspose } from './nn/conv1d-transpose.js';
export { Conv2D } from './nn/conv2d.js';
export { Conv2DTranspose } from './nn/conv2d-transpose.js';
export { Conv3D } from './nn/conv3d.js';
export { Conv3DTranspose } from './nn/conv3d-transpose.js';
export { type DepthwiseConvOptions } from './nn/depthwise-conv-nd.js';
export { DepthwiseConv1D } from './nn/depthwise-conv1d.js';
export { DepthwiseConv2D } from './nn/depthwise-conv2d.js';
export { DepthwiseConv3D } from './nn/depthwise-conv3d.js';
export { Dropout, dropout, type DropoutOptions } from './nn/dropout.js';
export { EMAParamsTree, type EMAParamsTreeOptions } from './nn/ema-params-tree.js';
export { Embed, EmbedLookupStyle, type EmbedOptions } from './nn/embed.js';
export { expandApply, type ExpandApplyOptions } from './nn/expand-apply.js';
export {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  type UpdateOptions,
} from './nn/exponential-moving-average.js';
export { Flatten, type FlattenOptions } from './nn/flatten.js';
/** The functions of `jax.nn`. */
export * as nn from './nn/functions/index.js';
export { oneHot, type OneHotOptions } from './nn/functions/one-hot.js';
export { GroupNorm, type GroupNormOptions } from './nn/group-norm.js';
export { InstanceNorm, type InstanceNormOptions } from './nn/instance-norm.js';
export { LayerNorm, type LayerNormOptions } from './nn/layer-norm.js';
export { Linear, type LinearOptions } from './nn/linear.js';
export { MaxPool, maxPool, type MaxPoolOptions } from './nn/max-pool.js';
export { multinomial } from './nn/multinomial.js';
/** Whole networks: `MLP`, `ResNet`, `MobileNetV1`, the vector quantizers. */
export * as nets from './nn/nets/index.js';
/** Padding functions of convolutions and pools. */
export * as pad from './nn/pad.js';
export type { Padding } from './nn/padding.js';
export { bidirectionalUnroll } from './nn/recurrent/bidirectional.js';
export { Conv1DLSTM, Conv2DLSTM, Conv3DLSTM, type ConvLSTMOptions } from './nn/recurrent/conv-lstm.js';
export { RNNCore, type AnyRNNCore, type Core } from './nn/recurrent/core.js';
export { DeepRNN, deepRnnWithSkipConnections, type DeepRNNState } from './nn/recurrent/deep-rnn.js';
export { GRU, type GRUOptions } from './nn/recurrent/gru.js';
export { IdentityCore } from './nn/recurrent/identity-core.js';
export { LSTM, type LSTMState } from './nn/recurrent/lstm.js';
export { ResetCore } from './nn/recurrent/reset-core.js';
export {
  dynamicUnroll,
  staticUnroll,
  type DynamicUnrollOptions,
  type StaticUnrollOptions,
} from './nn/recurrent/unroll.js';
export { VanillaRNN, type VanillaRNNOptions } from './nn/recurrent/vanilla-rnn.js';
export { Reshape, type ReshapeOptions } from './nn/reshape.js';
export { RMSNorm, type RMSNormOptions } from './nn/rms-norm.js';
export {
  SeparableDepthwiseConv2D,
  type SeparableDepthwiseConvOptions,
} from './nn/separable-depthwise-conv2d.js';
export { Sequential, type Layer } from './nn/sequential.js';
export { SNParamsTree, type SNParamsTreeOptions } from './nn/sn-params-tree.js';
export { SpectralNorm, type SpectralNormCallOptions, type SpectralNormOptions } from './nn/spectral-norm.js';
export { WeightNorm, type WeightNormOptions } from './nn/weight-norm.js';
export type { PRNGKey } from './random/key.js';
export { PRNGSequence, type KeyOrSeed, type PRNGSequenceState } from './random/prng-sequence.js';
export { ArraySpec } from './summary/array-spec.js';
export { evalSummary, type MethodInvocation, type ModuleDetails } from './summary/eval-summary.js';
export {
  tabulate,
  type SummaryColumn,
  type SummaryFilter,
  type SummaryRow,
  type TabulateOptions,
} from './summary/tabulate.js';
export { toDot } from './summary/to-dot.js';
export { withEmptyState, withoutApplyRng, withoutState } from './transform/adapters.js';
export { cond, switchCase, switchCase as switch } from './transform/branches.js';
export {
  evalShape,
  type Shaped,
  type ShapeDtype,
  type ShapeDtypeLike,
  type ShapesOf,
} from './transform/eval-shape.js';
/** What Haiku has in `hk.experimental` alone. */
export * as experimental from './transform/experimental.js';
export { grad, valueAndGrad } from './transform/grad.js';
export { foriLoop, whileLoop } from './transform/loop.js';
export { remat } from './transform/remat.js';
export { map, scan } from './transform/scan.js';
export { runningInit, transform, transformWithState } from './transform/transform.js';
export { vmap, type VmapOptions } from './transform/vmap.js';
export type { RngLike, Transformed, TransformedWithState } from './transform/pair.js';
/** The functions of `jax.random`, equal to JAX to the bit. */
export * as random from './random/index.js';
/** The functions of `jax.tree`, and `dispose`. */
export * as tree from './tree/index.js';
export { donate } from './transform/donate.js';
/** Functions over parameter and state trees: `filter`, `partition`, `merge`, … */
export * as dataStructures from './data-structures/index.js';
/** Adapters to and from Flax' `init`/`apply` convention. */
export * as flax from './flax/index.js';
/** Policies of the dtypes of parameters, computations and outputs by module class. */
export * as mixedPrecision from './precision/index.js';
/** Helpers for tests of modules. */
export * as testing from './testing/index.js';
export {
  layerStack,
  type LayerStackOptions,
  type LayerStackTransparencyMapping,
} from './transform/layer-stack.js';
export {
  lift,
  LiftWithStateUpdater,
  liftWithState,
  transparentLift,
  transparentLiftWithState,
  type LiftOptions,
} from './transform/lift.js';
export {
  multiTransform,
  multiTransformWithState,
  type MultiTransformed,
  type MultiTransformedWithState,
} from './transform/multi-transform.js';
