/**
 * Haiku's GAN example on MNIST, as a DCGAN (Radford et al., 2015): a generator of digits and a discriminator that tells them from
 * real ones, each with an optimizer of its own; the batch norms of the generator are state that is threaded through the training.
 */
import { add, mean, mul, neg, reshape, sub, tanh, zeros } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { minibatches } from '../data/minibatches.js';
import { loadMnist } from '../data/mnist.js';
import { sheet } from '../shared/png.js';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults, writeOut } from '../shared/results.js';
import { digitScore } from './score.js';

const SEED = 42;
const BATCH_SIZE = quick ? 32 : 64;
const STEPS = quick ? 150 : 1000; // after which a score of 5.04 was measured (Node 20, two cores)
const NUM_LATENTS = 32;
const SAMPLES = quick ? 200 : 1000;
/** From 1 (one digit, or none that can be told) to 10 (all digits, each clear); real digits of the test set have 7.5 to 8.2. */
const REQUIRED_SCORE = quick ? 1.5 : 4.5;

/** `[batch, NUM_LATENTS]` to images `[batch, 28, 28, 1]` with values in [-1, 1], as the data has them. */
@hk.module()
class Generator extends hk.Module {
  call(latents: Tensor, isTraining: boolean): Tensor {
    const norm = (x: Tensor) =>
      new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, isTraining);
    let x: Tensor = new hk.Linear(7 * 7 * 64, { withBias: false }).call(latents);
    x = hk.nn.relu(norm(reshape(x, [-1, 7, 7, 64])));
    x = new hk.Conv2DTranspose(32, [5, 5], { stride: 2, withBias: false }).call(x);
    x = hk.nn.relu(norm(x));
    x = new hk.Conv2DTranspose(1, [5, 5], { stride: 2 }).call(x);
    return tanh(x);
  }
}

/** Images to logits `[batch, 1]` of their being real. */
@hk.module()
class Discriminator extends hk.Module {
  call(images: Tensor): Tensor {
    let x = images;
    for (const outputChannels of [32, 64]) {
      x = new hk.Conv2D(outputChannels, [5, 5], { stride: 2 }).call(x);
      x = hk.nn.leakyRelu(x, { negativeSlope: 0.2 });
    }
    return new hk.Linear(1).call(new hk.Flatten().call(x));
  }
}

const generator = hk.withoutApplyRng(
  hk.transformWithState((latents: Tensor, isTraining: boolean) => new Generator().call(latents, isTraining)),
);
const discriminator = hk.withoutApplyRng(hk.transform((images: Tensor) => new Discriminator().call(images)));

const generatorOptimizer = optim.adam(1e-3, { b1: 0.5 });
const discriminatorOptimizer = optim.adam(1e-3, { b1: 0.5 });

/** What training changes, for both networks. */
interface TrainingState {
  readonly generatorParams: hk.Params;
  readonly generatorState: hk.State;
  readonly generatorOpt: ReturnType<typeof generatorOptimizer.init>;
  readonly discriminatorParams: hk.Params;
  readonly discriminatorOpt: ReturnType<typeof discriminatorOptimizer.init>;
}

interface Losses {
  readonly generator: Tensor;
  readonly discriminator: Tensor;
}

/** Mean cross entropy of logits with one label. */
function entropy(logits: Tensor, isReal: boolean): Tensor {
  // Without labels: log sigmoid(x) for real images, log sigmoid(-x) for others.
  return mean(hk.nn.softplus(isReal ? neg(logits) : logits));
}

/** How far the generator is from having its images taken for real, and its state after the batch. */
function generatorLoss(
  params: hk.Params,
  state: hk.State,
  discriminatorParams: hk.Params,
  latents: Tensor,
): [Tensor, hk.State] {
  const [fakes, nextState] = generator.apply(params, state, latents, true);
  return [entropy(discriminator.apply(discriminatorParams, fakes), true), nextState];
}

/** How far the discriminator is from telling images apart. */
function discriminatorLoss(params: hk.Params, reals: Tensor, fakes: Tensor): Tensor {
  const real = entropy(discriminator.apply(params, reals), true);
  const fake = entropy(discriminator.apply(params, fakes), false);
  return mul(0.5, add(real, fake));
}

/** One step of each network against the other. */
const update = hk.donate(
  hk.jit((training: TrainingState, key: hk.PRNGKey, images: Tensor4D): [TrainingState, Losses] => {
    const { generatorParams, generatorState, discriminatorParams } = training;
    const [fakeKey, key2] = hk.random.split(key);
    const latentShape = [images.shape[0], NUM_LATENTS];

    const [fakes] = generator.apply(
      generatorParams,
      generatorState,
      hk.random.normal(fakeKey, latentShape),
      true,
    );
    const reals = sub(mul(images, 2), 1);
    const [dLoss, dGrads] = hk.valueAndGrad(discriminatorLoss)(discriminatorParams, reals, fakes);
    const [dUpdates, discriminatorOpt] = discriminatorOptimizer.update(dGrads, training.discriminatorOpt);
    const nextDiscriminator = optim.applyUpdates(discriminatorParams, dUpdates);

    const latents = hk.random.normal(key2, latentShape);
    const gradient = hk.valueAndGrad(generatorLoss, { hasAux: true });
    const [[gLoss, nextState], gGrads] = gradient(
      generatorParams,
      generatorState,
      nextDiscriminator,
      latents,
    );
    const [gUpdates, generatorOpt] = generatorOptimizer.update(gGrads, training.generatorOpt);

    const next: TrainingState = {
      generatorParams: optim.applyUpdates(generatorParams, gUpdates),
      generatorState: nextState,
      generatorOpt,
      discriminatorParams: nextDiscriminator,
      discriminatorOpt,
    };
    return [next, { generator: gLoss, discriminator: dLoss }];
  }),
);

await useWasm();
const mnist = loadMnist();
const keys = new hk.PRNGSequence(SEED);
const [generatorParams, generatorState] = generator.init(keys.nextKey(), zeros([1, NUM_LATENTS]), true);
const discriminatorParams = discriminator.init(keys.nextKey(), zeros([1, 28, 28, 1]));
let training: TrainingState = {
  generatorParams,
  generatorState,
  generatorOpt: generatorOptimizer.init(generatorParams),
  discriminatorParams,
  discriminatorOpt: discriminatorOptimizer.init(discriminatorParams),
};

let step = 0;
const progress = startProgress(STEPS);
for (const { images } of minibatches(mnist.train, BATCH_SIZE, keys.nextKey())) {
  let losses: Losses;
  [training, losses] = update(training, keys.nextKey(), images);
  await progress.step({
    'generator loss': losses.generator.dataSync()[0],
    'discriminator loss': losses.discriminator.dataSync()[0],
  });
  hk.tree.dispose(losses);
  if (++step === STEPS) break;
}
progress.stop();

const latents = hk.random.normal(keys.nextKey(), [SAMPLES, NUM_LATENTS]);
const [made] = generator.apply(training.generatorParams, training.generatorState, latents, false);
const samples = Float32Array.from(made.dataSync(), (value) => (value + 1) / 2);
writeOut('gan.png', sheet(samples.subarray(0, 100 * 28 * 28), 28, 10));
stateResults(
  'gan',
  { digitScore: digitScore(samples, mnist.train) },
  { digitScore: { atLeast: REQUIRED_SCORE } },
);
