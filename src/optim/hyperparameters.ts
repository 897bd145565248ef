import { adabelief } from './adabelief.js';
import { adadelta } from './adadelta.js';
import { adafactor } from './adafactor.js';
import { adagrad } from './adagrad.js';
import { adam, adamw, nadam, nadamw, scaleByAdam } from './adam.js';
import { adamax, adamaxw } from './adamax.js';
import { adan } from './adan.js';
import { amsgrad } from './amsgrad.js';
import { fromage } from './fromage.js';
import { lion } from './lion.js';
import { noisySgd } from './add-noise.js';
import { novograd } from './novograd.js';
import { optimisticAdamV2, optimisticGradientDescent } from './optimistic.js';
import { radam } from './radam.js';
import { rmsprop } from './rmsprop.js';
import { rprop } from './rprop.js';
import { signum } from './sgd.js';
import { sm3 } from './sm3.js';
import { lamb, lars } from './trust-ratio.js';
import { yogi } from './yogi.js';

type Defaults = Readonly<Record<string, number>>;

const moments: Defaults = { b1: 0.9, b2: 0.999, eps: 1e-8 };
const rooted: Defaults = { ...moments, epsRoot: 0 };
const decayed: Defaults = { ...rooted, weightDecay: 1e-4 };

/** Functions cannot be asked for the defaults of their options, so they are written down again; Optax' own are the test of it. */
const known = new Map<unknown, Defaults>([
  [adabelief, { ...rooted, eps: 1e-16, epsRoot: 1e-16 }],
  [adadelta, { rho: 0.9, eps: 1e-6, weightDecay: 0 }],
  [adafactor, { minDimSizeToFactor: 128, decayRate: 0.8, decayOffset: 0, clippingThreshold: 1, eps: 1e-30 }],
  [adagrad, { initialAccumulatorValue: 0.1, eps: 1e-7 }],
  [adam, rooted],
  [adamax, moments],
  [adamaxw, { ...moments, weightDecay: 1e-4 }],
  [adamw, decayed],
  [adan, { b1: 0.98, b2: 0.92, b3: 0.99, eps: 1e-8, epsRoot: 1e-8, weightDecay: 0 }],
  [amsgrad, rooted],
  [fromage, { minNorm: 1e-6 }],
  [lamb, { ...rooted, eps: 1e-6, weightDecay: 0 }],
  [lars, { weightDecay: 0, trustCoefficient: 0.001, eps: 0, momentum: 0.9 }],
  [lion, { b1: 0.9, b2: 0.99, weightDecay: 1e-3 }],
  [nadam, rooted],
  [nadamw, decayed],
  [noisySgd, { eta: 0.01, gamma: 0.55 }],
  [novograd, { b1: 0.9, b2: 0.25, eps: 1e-6, epsRoot: 0, weightDecay: 0 }],
  [optimisticAdamV2, { ...rooted, alpha: 1, beta: 1 }],
  [optimisticGradientDescent, { alpha: 1, beta: 1 }],
  [radam, { ...rooted, threshold: 5 }],
  [rmsprop, { decay: 0.9, eps: 1e-8, initialScale: 0 }],
  [rprop, { etaMinus: 0.5, etaPlus: 1.2, minStepSize: 1e-6, maxStepSize: 50 }],
  [scaleByAdam, rooted],
  [signum, { beta: 0.9 }],
  [sm3, { momentum: 0.9 }],
  [yogi, { ...moments, eps: 1e-3 }],
]);

/** The numbers that an optimizer of this library takes when its options do not name them; none of another function. */
export function defaultsOf(factory: unknown): Defaults {
  return known.get(factory) ?? {};
}
