/**
 * Haiku's ResNet example at the size of small images: a residual network whose BatchNorm state is threaded through the training,
 * on MNIST with momentum and a cosine schedule.
 */
import { argMax, equal, mean, sum, tidy, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { inOrder, minibatches, type Batch } from '../data/minibatches.js';
import { loadMnist, type Digits } from '../data/mnist.js';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults } from '../shared/results.js';

const SEED = 42;
const BATCH_SIZE = quick ? 32 : 64;
const STEPS = quick ? 60 : 600; // after which 0.987 was measured (Node 20, two cores)
const TEST_DIGITS = quick ? 1000 : 10_000;
const REQUIRED_ACCURACY = quick ? 0.8 : 0.98;

/** Four groups of one block, begun by a convolution of stride 1 where networks for large images have one of stride 2. */
const network = hk.transformWithState((images: Tensor4D, isTraining: boolean) => {
  const net = new hk.nets.ResNet({
    blocksPerGroup: [1, 1, 1, 1],
    numClasses: 10,
    bottleneck: false,
    channelsPerGroup: [16, 16, 32, 64],
    useProjection: [false, true, true, true],
    initialConvConfig: { outputChannels: 16, kernelShape: 3, stride: 1 },
  });
  return net.call(images, isTraining);
});
const { init, apply } = hk.withoutApplyRng(network);

const schedule = optim.cosineDecaySchedule({ initValue: 0.05, decaySteps: STEPS });
const optimizer = optim.sgd(schedule, { momentum: 0.9, nesterov: true });

interface TrainingState {
  readonly params: hk.Params;
  readonly state: hk.State;
  readonly optState: ReturnType<typeof optimizer.init>;
}

/** Loss, and the state after the batch. */
function loss(params: hk.Params, state: hk.State, { images, labels }: Batch): [Tensor, hk.State] {
  const [logits, nextState] = apply(params, state, images, true);
  const entropy = mean(optim.softmaxCrossEntropyWithIntegerLabels(logits, labels));
  return [entropy, nextState];
}

/** Learning rule: gradient, schedule, momentum and batch statistics in one plan. */
const update = hk.donate(
  hk.jit(({ params, state, optState }: TrainingState, batch: Batch): [TrainingState, Tensor] => {
    const [[value, nextState], grads] = hk.valueAndGrad(loss, { hasAux: true })(params, state, batch);
    const [updates, nextOptState] = optimizer.update(grads, optState, params);
    const next = optim.applyUpdates(params, updates);
    return [{ params: next, state: nextState, optState: nextOptState }, value];
  }),
);

/** Share of the digits that are classified right, by the moving statistics of the batch norms. */
function accuracy({ params, state }: TrainingState, digits: Digits): number {
  const predict = hk.jit(
    (p: hk.Params, s: hk.State, images: Tensor4D) => argMax(apply(p, s, images, false)[0], 1),
    { constants: [params, state] },
  );
  let right = 0;
  for (const { images, labels } of inOrder(digits, 250)) {
    right += tidy(() => sum(equal(predict(params, state, images), labels)).dataSync()[0]);
  }
  predict.dispose();
  return right / digits.count;
}

await useWasm();
const mnist = loadMnist();
const [params, state] = init(SEED, zeros([1, 28, 28, 1]), true);
let training: TrainingState = { params, state, optState: optimizer.init(params) };

let step = 0;
const progress = startProgress(STEPS);
for (const batch of minibatches(mnist.train, BATCH_SIZE, hk.random.key(SEED))) {
  let value: Tensor;
  [training, value] = update(training, batch);
  await progress.step({ loss: value.dataSync()[0] });
  value.dispose();
  if (++step === STEPS) break;
}
progress.stop();

stateResults(
  'resnet',
  { testAccuracy: accuracy(training, { ...mnist.test, count: TEST_DIGITS }) },
  { testAccuracy: { atLeast: REQUIRED_ACCURACY } },
);
