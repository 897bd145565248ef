/**
 * Haiku's MNIST pruning example: weights of small magnitude are set to zero, more and more of them while the network trains
 * (Zhu and Gupta, 2017). Biases are left out by `hk.dataStructures.partition`.
 */
import {
  abs,
  argMax,
  cast,
  equal,
  greaterEqual,
  mean,
  mul,
  onesLike,
  scalar,
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
const STEPS = quick ? 200 : 1407; // 3 epochs, after which 0.9705 was measured (Node 20, two cores)
const SPARSITY = 0.9;
/** Pruning begins and ends at these parts of the training, and comes every so many steps. */
const [BEGIN, END] = [0.2 * STEPS, 0.8 * STEPS];
const PRUNE_EVERY = 20;
const REQUIRED_ACCURACY = quick ? 0.8 : 0.965;

const network = hk.withoutApplyRng(
  hk.transform((images: Tensor4D) => {
    const mlp = new hk.nets.MLP([300, 100, 10]);
    return mlp.call(new hk.Flatten().call(images));
  }),
);
const optimizer = optim.adam(1e-3);

interface TrainingState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimizer.init>;
}

function loss(params: hk.Params, { images, labels }: Batch): Tensor {
  return mean(optim.softmaxCrossEntropyWithIntegerLabels(network.apply(params, images), labels));
}

/** Parts parameters into what is pruned, the matrices, and what is not. */
function partition(params: hk.Params): [weights: hk.Params, others: hk.Params] {
  return hk.dataStructures.partition((_moduleName: string, name: string) => name === 'w', params);
}

/** The parameters with all weights but those of the masks at zero. */
function applyMasks(params: hk.Params, masks: hk.Params): hk.Params {
  const [weights, others] = partition(params);
  const pruned = hk.tree.map((w: Tensor, mask: Tensor) => mul(w, mask), weights, masks);
  return hk.dataStructures.merge(pruned, others);
}

/** Learning rule; what is pruned stays zero. */
const update = hk.donate(
  hk.jit(({ params, optState }: TrainingState, masks: hk.Params, batch: Batch): [TrainingState, Tensor] => {
    const [value, grads] = hk.valueAndGrad(loss)(params, batch);
    const [updates, nextOptState] = optimizer.update(grads, optState, params);
    const next = applyMasks(optim.applyUpdates(params, updates), masks);
    return [{ params: next, optState: nextOptState }, value];
  }),
);

/** The share of zeros that the schedule asks for: it rises fast at first (a cubic polynomial). */
function targetSparsity(step: number): number {
  const progress = Math.min(1, Math.max(0, (step - BEGIN) / (END - BEGIN)));
  return SPARSITY * (1 - (1 - progress) ** 3);
}

/** 1 for the weights of largest magnitude in each matrix, 0 for the share that goes. */
function magnitudeMasks(params: hk.Params, sparsity: number): hk.Params {
  const [weights] = partition(params);
  return hk.tree.map((w: Tensor) => {
    const sorted = w.dataSync<'float32'>().map(Math.abs).sort();
    const threshold = sorted[Math.floor(sparsity * sorted.length)];
    return tidy(() => cast(greaterEqual(abs(w), scalar(threshold)), 'float32'));
  }, weights);
}

/** Share of the weights that are zero. */
function measuredSparsity(params: hk.Params): number {
  const values = hk.tree.leaves(partition(params)[0]).map((w) => w.dataSync<'float32'>());
  const zerosIn = values.map((w) => w.filter((value) => value === 0).length);
  const total = (numbers: number[]): number => numbers.reduce((a, b) => a + b);
  return total(zerosIn) / total(values.map((w) => w.length));
}

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
let state: TrainingState = { params: initialParams, optState: optimizer.init(initialParams) };
let masks = hk.tree.map((w: Tensor) => onesLike(w), partition(initialParams)[0]);

let step = 0;
const progress = startProgress(STEPS);
for (const batch of minibatches(mnist.train, BATCH_SIZE, hk.random.key(SEED))) {
  if (step >= BEGIN && step % PRUNE_EVERY === 0) {
    hk.tree.dispose(masks);
    masks = magnitudeMasks(state.params, targetSparsity(step));
  }
  let value: Tensor;
  [state, value] = update(state, masks, batch);
  await progress.step({ loss: value.dataSync()[0], sparsity: targetSparsity(step) });
  value.dispose();
  if (++step === STEPS) break;
}
progress.stop();

stateResults(
  'mnist-pruning',
  { sparsity: measuredSparsity(state.params), testAccuracy: accuracy(state.params, mnist.test) },
  { sparsity: { atLeast: SPARSITY - 0.001 }, testAccuracy: { atLeast: REQUIRED_ACCURACY } },
);
