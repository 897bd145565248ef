export { adabelief, scaleByBelief, type AdabeliefOptions } from './adabelief.js';
export {
  adadelta,
  scaleByAdadelta,
  type AdadeltaOptions,
  type ScaleByAdadeltaOptions,
  type ScaleByAdadeltaState,
} from './adadelta.js';
export {
  adafactor,
  scaleByFactoredRms,
  type AdafactorOptions,
  type FactoredState,
  type ScaleByFactoredRmsOptions,
} from './adafactor.js';
export { adagrad, scaleByRss, type AdagradOptions, type ScaleByRssState } from './adagrad.js';
export {
  adam,
  adamw,
  nadam,
  nadamw,
  scaleByAdam,
  type AdamOptions,
  type AdamWOptions,
  type ScaleByAdamOptions,
  type ScaleByAdamState,
} from './adam.js';
export { adamax, adamaxw, scaleByAdamax, type AdamaxOptions, type AdamaxWOptions } from './adamax.js';
export {
  adan,
  scaleByAdan,
  type AdanOptions,
  type ScaleByAdanOptions,
  type ScaleByAdanState,
} from './adan.js';
export {
  addNoise,
  noisySgd,
  type AddNoiseOptions,
  type AddNoiseState,
  type NoisySgdOptions,
} from './add-noise.js';
export { amsgrad, scaleByAmsgrad, type AmsgradOptions, type ScaleByAmsgradState } from './amsgrad.js';
export { applyIfFinite, type ApplyIfFiniteState } from './apply-if-finite.js';
export { applyUpdates, globalNorm, incrementalUpdate, periodicUpdate } from './apply-updates.js';
export { chain, namedChain } from './chain.js';
export {
  adaptiveGradClip,
  clip,
  clipByBlockRms,
  clipByGlobalNorm,
  type AdaptiveGradClipOptions,
} from './clip.js';
export { freeze, keepParamsNonnegative, setToZero, zeroNans, type ZeroNansState } from './constrain.js';
export { fromage } from './fromage.js';
export {
  injectHyperparams,
  type InjectHyperparamsOptions,
  type InjectHyperparamsState,
  type InjectedOptions,
} from './inject-hyperparams.js';
export { scaleByLbfgs, type ScaleByLbfgsOptions, type ScaleByLbfgsState } from './lbfgs.js';
export {
  lion,
  scaleByLion,
  type LionOptions,
  type ScaleByLionOptions,
  type ScaleByLionState,
} from './lion.js';
export {
  lookahead,
  lookaheadParams,
  type LookaheadOptions,
  type LookaheadParams,
  type LookaheadState,
  type LookaheadTransformation,
} from './lookahead.js';
export {
  hingeLoss,
  klDivergence,
  klDivergenceWithLogTargets,
  perceptronLoss,
  polyLossCrossEntropy,
  safeSoftmaxCrossEntropy,
  sigmoidBinaryCrossEntropy,
  sigmoidFocalLoss,
  smoothLabels,
  softmaxCrossEntropy,
  softmaxCrossEntropyWithIntegerLabels,
  type AxisOptions,
  type PolyLossOptions,
  type SigmoidFocalLossOptions,
} from './losses/classification.js';
export {
  cosineDistance,
  cosineSimilarity,
  huberLoss,
  l2Loss,
  logCosh,
  squaredError,
  type CosineSimilarityOptions,
  type HuberLossOptions,
} from './losses/regression.js';
export { masked, type Mask, type MaskedState } from './masked.js';
export { multiSteps, type MultiStepsOptions, type MultiStepsState } from './multi-steps.js';
export { multiTransform, type Labels, type MultiTransformState } from './multi-transform.js';
export {
  centralize,
  normalizeByUpdateNorm,
  scaleByParamBlockNorm,
  scaleByParamBlockRms,
  type NormalizeByUpdateNormOptions,
} from './normalize.js';
export {
  novograd,
  scaleByNovograd,
  type NovogradOptions,
  type ScaleByNovogradOptions,
  type ScaleByNovogradState,
} from './novograd.js';
export {
  optimisticAdamV2,
  optimisticGradientDescent,
  scaleByOptimisticGradient,
  type OptimisticAdamOptions,
  type OptimisticGradientOptions,
  type ScaleByOptimisticGradientState,
} from './optimistic.js';
export { radam, scaleByRadam, type RadamOptions } from './radam.js';
export {
  rmsprop,
  scaleByRms,
  scaleByStddev,
  type RmspropOptions,
  type ScaleByRmsOptions,
  type ScaleByRmsState,
  type ScaleByStddevState,
} from './rmsprop.js';
export { rprop, scaleByRprop, type RpropOptions, type ScaleByRpropState } from './rprop.js';
export {
  scale,
  scaleByLearningRate,
  scaleBySchedule,
  type LearningRate,
  type ScaleByScheduleState,
} from './scale.js';
export {
  cosineDecaySchedule,
  sgdrSchedule,
  warmupCosineDecaySchedule,
  type CosineDecayScheduleOptions,
  type WarmupCosineDecayScheduleOptions,
} from './schedules/cosine.js';
export {
  exponentialDecay,
  warmupExponentialDecaySchedule,
  type ExponentialDecayOptions,
  type WarmupExponentialDecayScheduleOptions,
} from './schedules/exponential.js';
export { joinSchedules } from './schedules/join.js';
export {
  cosineOnecycleSchedule,
  linearOnecycleSchedule,
  piecewiseConstantSchedule,
  piecewiseInterpolateSchedule,
  type CosineOnecycleScheduleOptions,
  type LinearOnecycleScheduleOptions,
  type PiecewiseConstantScheduleOptions,
  type PiecewiseInterpolateScheduleOptions,
} from './schedules/piecewise.js';
export {
  constantSchedule,
  linearSchedule,
  polynomialSchedule,
  warmupConstantSchedule,
  type LinearScheduleOptions,
  type PolynomialScheduleOptions,
  type WarmupConstantScheduleOptions,
} from './schedules/polynomial.js';
export { type Schedule } from './schedules/schedule.js';
export { scaleBySign, sgd, signSgd, signum, type SgdOptions } from './sgd.js';
export { scaleBySm3, sm3, type ScaleBySM3State, type ScaleBySm3Options } from './sm3.js';
export { ema, trace, type EmaState, type TraceState } from './trace.js';
export {
  identity,
  stateless,
  type AnyGradientTransformation,
  type EmptyState,
  type GradientTransformation,
  type OptState,
  type Updates,
} from './transformation.js';
export {
  lamb,
  lars,
  scaleByTrustRatio,
  type LambOptions,
  type LarsOptions,
  type ScaleByTrustRatioOptions,
} from './trust-ratio.js';
export { addDecayedWeights, type AddDecayedWeightsState } from './weight-decay.js';
export { scaleByYogi, yogi, type ScaleByYogiOptions, type YogiOptions } from './yogi.js';
