/**
 * Haiku's MNIST example: a 300-100 MLP, Adam, and an exponential moving average of the parameters to test with.
 * The first 20 losses equal those of the same program in Python (tools/goldens/generate_examples.py).
 */
import {
  add,
  argMax,
  equal,
  mean,
  mul,
  sum,
  tidy,
  zeros,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { inOrder, minibatches, type Batch } from '../data/minibatches.js';
import { loadMnist, type Digits } from '../data/mnist.js';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults } from '../shared/results.js';

const SEED = 42;
const BATCH_SIZE = 128;
const STEPS = quick ? 200 : 2345; // 5 epochs, after which 0.9827 was measured (Node 20, two cores)
const REQUIRED_ACCURACY = quick ? 0.85 : 0.975;

const network = hk.withoutApplyRng(
  hk.transform((images: Tensor4D) => {
    const mlp = new hk.Sequential([
      new hk.Flatten(),
      new hk.Linear(300),
      hk.nn.relu,
      new hk.Linear(100),
      hk.nn.relu,
      new hk.Linear(10),
    ]);
    return mlp.call(images);
  }),
);
const optimiser = optim.adam(1e-3);

interface TrainingState {
  readonly params: hk.Params;
  readonly avgParams: hk.Params;
  readonly optState: ReturnType<typeof optimiser.init>;
}

/** Cross-entropy classification loss, regularised by L2 weight decay. */
function loss(params: hk.Params, { images, labels }: Batch): Tensor {
  const logits = network.apply(params, images);
  const l2Regulariser = hk.tree
    .leaves(params)
    .map((p) => sum(optim.l2Loss(p)))
    .reduce((a, b) => add(a, b));
  return add(mean(optim.softmaxCrossEntropyWithIntegerLabels(logits, labels)), mul(1e-4, l2Regulariser));
}

/** Learning rule (stochastic gradient descent). */
const update = hk.donate(
  hk.jit((state: TrainingState, batch: Batch): [TrainingState, Tensor] => {
    const [value, grads] = hk.valueAndGrad(loss)(state.params, batch);
    const [updates, optState] = optimiser.update(grads, state.optState, state.params);
    const params = optim.applyUpdates(state.params, updates);
    // Compute avgParams, the exponential moving average of the "live" params, used only for evaluation.
    const avgParams = optim.incrementalUpdate(params, state.avgParams, 0.01);
    return [{ params, avgParams, optState }, value];
  }),
);

/** Share of the digits that are classified right. */
function accuracy(params: hk.Params, digits: Digits): number {
  let right = 0;
  for (const { images, labels } of inOrder(digits, 1000)) {
    right += tidy(() => sum(equal(argMax(network.apply(params, images), 1), labels)).dataSync()[0]);
  }
  return right / digits.count;
}

await useWasm();
const mnist = loadMnist();
const initialParams = network.init(SEED, zeros([1, 28, 28, 1]));
let state: TrainingState = {
  params: initialParams,
  avgParams: hk.tree.map((p) => p.clone(), initialParams),
  optState: optimiser.init(initialParams),
};

const losses: number[] = [];
const progress = startProgress(STEPS);
for (const batch of minibatches(mnist.train, BATCH_SIZE, hk.random.key(SEED))) {
  let value: Tensor;
  [state, value] = update(state, batch);
  losses.push(value.dataSync()[0]);
  value.dispose();
  await progress.step({ loss: losses[losses.length - 1] });
  if (losses.length === STEPS) break;
}
progress.stop();

stateResults(
  'mnist',
  { firstLosses: losses.slice(0, 20), testAccuracy: accuracy(state.avgParams, mnist.test) },
  { testAccuracy: { atLeast: REQUIRED_ACCURACY } },
);
