/**
 * Haiku's VQ-VAE example (van den Oord et al., 2017) on MNIST: digits become 7×7 codes out of 64, and digits again. The codebook
 * is a moving average of the vectors that it stands for, so it is state and no optimizer touches it.
 */
import {
  add,
  div,
  mean,
  squaredDifference,
  tidy,
  zeros,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { inOrder, minibatches } from '../data/minibatches.js';
import { loadMnist, type Digits } from '../data/mnist.js';
import { sheet } from '../shared/png.js';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults, writeOut } from '../shared/results.js';

const SEED = 42;
const BATCH_SIZE = 32;
const STEPS = quick ? 100 : 1000; // after which 0.0059 was measured (Node 20, two cores)
const TEST_DIGITS = quick ? 500 : 10_000;
const NUM_HIDDENS = 16;
const EMBEDDING_DIM = 16;
const NUM_EMBEDDINGS = 64;
/** Of the pixels, by which the reconstruction error is divided. */
const DATA_VARIANCE = 0.095;
const REQUIRED_ERROR = quick ? 0.03 : 0.01; // predicting the mean costs 0.095

/** `[batch, 28, 28, 1]` to `[batch, 7, 7, EMBEDDING_DIM]`. */
@hk.module()
class Encoder extends hk.Module {
  call(x: Tensor): Tensor {
    x = hk.nn.relu(new hk.Conv2D(NUM_HIDDENS, [4, 4], { stride: 2 }).call(x));
    x = hk.nn.relu(new hk.Conv2D(2 * NUM_HIDDENS, [4, 4], { stride: 2 }).call(x));
    const residual = hk.nn.relu(new hk.Conv2D(NUM_HIDDENS, [3, 3]).call(x));
    x = hk.nn.relu(add(x, new hk.Conv2D(2 * NUM_HIDDENS, [1, 1]).call(residual)));
    x = new hk.Conv2D(EMBEDDING_DIM, [1, 1], { name: 'pre_vq_conv' }).call(x);
    // Vectors of one length find codes in all directions; small ones would all find the same few, for ever.
    return new hk.LayerNorm({ axis: -1, createScale: false, createOffset: false }).call(x);
  }
}

/** `[batch, 7, 7, EMBEDDING_DIM]` to `[batch, 28, 28, 1]`. */
@hk.module()
class Decoder extends hk.Module {
  call(x: Tensor): Tensor {
    x = hk.nn.relu(new hk.Conv2D(2 * NUM_HIDDENS, [3, 3]).call(x));
    x = hk.nn.relu(new hk.Conv2DTranspose(NUM_HIDDENS, [4, 4], { stride: 2 }).call(x));
    return new hk.Conv2DTranspose(1, [4, 4], { stride: 2 }).call(x);
  }
}

const model = hk.transformWithState((images: Tensor4D, isTraining: boolean) => {
  const quantizer = new hk.nets.VectorQuantizerEMA({
    embeddingDim: EMBEDDING_DIM,
    numEmbeddings: NUM_EMBEDDINGS,
    commitmentCost: 0.25,
    decay: 0.95,
  });
  const { quantize, loss, perplexity } = quantizer.call(new Encoder().call(images), isTraining);
  const reconstruction = new Decoder().call(quantize);
  const reconstructionError = mean(squaredDifference(reconstruction, images));
  return {
    loss: add(div(reconstructionError, DATA_VARIANCE), loss),
    reconstruction,
    reconstructionError,
    perplexity,
  };
});
const { init, apply } = hk.withoutApplyRng(model);

const optimizer = optim.adam(2e-3);

interface TrainingState {
  readonly params: hk.Params;
  readonly state: hk.State;
  readonly optState: ReturnType<typeof optimizer.init>;
}

/** What to show of a step. */
interface Numbers {
  readonly reconstructionError: Tensor;
  readonly perplexity: Tensor;
}

function loss(params: hk.Params, state: hk.State, images: Tensor4D): [Tensor, [hk.State, Numbers]] {
  const [{ loss: value, reconstructionError, perplexity }, nextState] = apply(params, state, images, true);
  return [value, [nextState, { reconstructionError, perplexity }]];
}

const update = hk.donate(
  hk.jit(({ params, state, optState }: TrainingState, images: Tensor4D): [TrainingState, Numbers] => {
    const [[, [nextState, numbers]], grads] = hk.valueAndGrad(loss, { hasAux: true })(params, state, images);
    const [updates, nextOptState] = optimizer.update(grads, optState, params);
    const next = optim.applyUpdates(params, updates);
    return [{ params: next, state: nextState, optState: nextOptState }, numbers];
  }),
);

/** Mean squared error of the reconstructed pixels. */
function evaluate({ params, state }: TrainingState, digits: Digits): number {
  let total = 0;
  for (const { images } of inOrder(digits, 250)) {
    total += tidy(() => apply(params, state, images, false)[0].reconstructionError.dataSync()[0]);
  }
  return total / Math.ceil(digits.count / 250);
}

/** Rows of digits and, below each, of what the decoder makes of their codes. */
function reconstructions({ params, state }: TrainingState, digits: Digits): Uint8Array {
  const rows: number[] = [];
  for (const { images } of inOrder({ ...digits, count: 50 }, 10)) {
    const made = tidy(() => apply(params, state, images, false)[0].reconstruction.dataSync());
    rows.push(...images.dataSync(), ...made);
  }
  return sheet(rows, 28, 10);
}

await useWasm();
const mnist = loadMnist();
const [params, state] = init(SEED, zeros([1, 28, 28, 1]), true);
let training: TrainingState = { params, state, optState: optimizer.init(params) };

let step = 0;
let perplexity = 0;
const progress = startProgress(STEPS);
for (const { images } of minibatches(mnist.train, BATCH_SIZE, hk.random.key(SEED))) {
  let numbers: Numbers;
  [training, numbers] = update(training, images);
  perplexity = numbers.perplexity.dataSync()[0];
  await progress.step({ error: numbers.reconstructionError.dataSync()[0], perplexity });
  hk.tree.dispose(numbers);
  if (++step === STEPS) break;
}
progress.stop();

writeOut('vqvae.png', reconstructions(training, mnist.test));
stateResults(
  'vqvae',
  { reconstructionError: evaluate(training, { ...mnist.test, count: TEST_DIGITS }), perplexity },
  { reconstructionError: { atMost: REQUIRED_ERROR }, perplexity: { atLeast: 2, atMost: NUM_EMBEDDINGS } },
);
