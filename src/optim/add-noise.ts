import { add, cast, div, mul, pow, sqrt, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { runRandom, type RandomOperation } from '../backend/recordable.js';
import { isKey, key as keyOf, type PRNGKey } from '../random/key.js';
import { normal } from '../random/normal.js';
import { splitInto } from '../random/split.js';
import { flatten, unflatten } from '../tree/tree.js';
import { chain } from './chain.js';
import { increment, zeroCount } from './moments.js';
import { scaleByLearningRate, type LearningRate } from './scale.js';
import { checkArgument, transformation, type GradientTransformation } from './transformation.js';

/** State of {@link addNoise}: steps done, and the key of the next one as two int32, so that it saves like parameters. */
export type AddNoiseState = {
  readonly count: Tensor;
  readonly rngKey: Tensor;
};

/** Options of {@link addNoise}. */
export interface AddNoiseOptions {
  /** What the noise comes from: a key, or an integer seed. Default 0. */
  readonly key?: PRNGKey | number | bigint;
}

// As operations of their own they stand in a plan, which may read the key of each call.
const readKey: RandomOperation<object, PRNGKey> = {
  name: 'readKey',
  run: ({ tensors: [bits] }) => Uint32Array.from(bits.dataSync()),
};
const writeKey: RandomOperation<object, Tensor> = {
  name: 'writeKey',
  run: ({ keys: [key] }) => tensor1d(Int32Array.from(key), 'int32'),
};

function toTensor(key: PRNGKey): Tensor {
  return runRandom(writeKey, { keys: [key], tensors: [], attributes: {} });
}

/**
 * Adds normal noise of the variance `eta / (1 + t) ^ gamma`, the numbers of `optax.add_noise` (Neelakantan et al., 2015).
 *
 * @throws `optim-argument-invalid`, `seed-invalid`
 */
export function addNoise(
  eta: number,
  gamma: number,
  { key = 0 }: AddNoiseOptions = {},
): GradientTransformation<AddNoiseState> {
  checkArgument(typeof eta === 'number' && eta >= 0, 'eta', 'a number from 0', eta);
  checkArgument(typeof gamma === 'number', 'gamma', 'a number', gamma);
  const first = isKey(key) ? key : keyOf(key);
  return transformation<AddNoiseState>(
    () => ({ count: zeroCount(), rngKey: toTensor(first) }),
    (updates, { count, rngKey }) => {
      const next = increment(count);
      const deviation = sqrt(div(eta, pow(cast(next, 'float32'), gamma)));
      const current = runRandom(readKey, { keys: [], tensors: [rngKey], attributes: {} });
      const [kept, drawn] = splitInto(current, 2);
      const [values, structure] = flatten(updates);
      const keys = splitInto(drawn, values.length);
      const noisy = values.map((g, i) => add(g, mul(deviation, normal(keys[i], g.shape))));
      return [unflatten(structure, noisy), { count: next, rngKey: toTensor(kept) }];
    },
  );
}

/** Options of {@link noisySgd}. */
export interface NoisySgdOptions extends AddNoiseOptions {
  /** Variance of the noise in the first step. Default 0.01. */
  readonly eta?: number;
  /** How fast it falls. Default 0.55. */
  readonly gamma?: number;
}

/** Gradient descent with noise that fades (Neelakantan et al., 2015). */
export function noisySgd(
  learningRate: LearningRate,
  { eta = 0.01, gamma = 0.55, key = 0 }: NoisySgdOptions = {},
) {
  return chain(addNoise(eta, gamma, { key }), scaleByLearningRate(learningRate));
}
