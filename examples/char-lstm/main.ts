/**
 * Haiku's character-level language model: two LSTMs unrolled over Moby-Dick, Adam, and text sampled from what was learnt.
 * The first 20 losses equal those of the same program in Python (tools/goldens/generate_examples.py).
 */
import { mean, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import {
  decode,
  encode,
  loadMobyDick,
  textBatches,
  VOCABULARY_SIZE,
  type TextBatch,
} from '../data/moby-dick.js';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults, writeOut } from '../shared/results.js';

const SEED = 42;
const HIDDEN_SIZE = 128;
const BATCH_SIZE = 32;
const SEQUENCE_LENGTH = 32;
const STEPS = quick ? 40 : 600; // after which 2.32 was measured (Node 20, two cores)
const TEST_BATCHES = quick ? 2 : 20;
const REQUIRED_LOSS = quick ? 3.5 : 2.4; // nats a character; guessing costs ln 96 = 4.56
const CONTEXT = 'The whale ';
const SAMPLE_LENGTH = quick ? 50 : 300;

/** Defines the network architecture. */
function makeNetwork(): hk.DeepRNN {
  return new hk.DeepRNN([
    (x: Tensor) => hk.oneHot(x, VOCABULARY_SIZE),
    new hk.LSTM(HIDDEN_SIZE),
    hk.nn.relu,
    new hk.LSTM(HIDDEN_SIZE),
    new hk.nets.MLP([HIDDEN_SIZE, VOCABULARY_SIZE]),
  ]);
}

/** Unrolls the network over a batch of sequences and returns its loss: nats a character. */
const sequenceLoss = hk.withoutApplyRng(
  hk.transform(({ inputs, targets }: TextBatch) => {
    const core = makeNetwork();
    const initialState = core.initialState(BATCH_SIZE);
    const [logits] = hk.dynamicUnroll(core, inputs, initialState, { timeMajor: false });
    return mean(optim.softmaxCrossEntropyWithIntegerLabels(logits, targets));
  }),
);

/** One step of the network for one sequence: logits of the character that follows, and the next state. */
const nextCharacter = hk.withoutApplyRng(
  hk.transform((character: Tensor1D, state: hk.DeepRNNState) => makeNetwork().call(character, state)),
);
const initialState = hk.withoutApplyRng(hk.transform(() => makeNetwork().initialState(1)));

const optimiser = optim.adam(2e-3);

interface TrainingState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimiser.init>;
}

/** Does a step of SGD given inputs and targets. */
const update = hk.donate(
  hk.jit(({ params, optState }: TrainingState, batch: TextBatch): [TrainingState, Tensor] => {
    const [value, grads] = hk.valueAndGrad(sequenceLoss.apply)(params, batch);
    const [updates, nextOptState] = optimiser.update(grads, optState, params);
    return [{ params: optim.applyUpdates(params, updates), optState: nextOptState }, value];
  }),
);

/** Mean loss over batches of a text. */
function evaluate(params: hk.Params, text: Int32Array): number {
  const loss = hk.jit(sequenceLoss.apply);
  let total = 0;
  let seen = 0;
  for (const batch of textBatches(text, BATCH_SIZE, SEQUENCE_LENGTH, hk.random.key(SEED))) {
    const value = loss(params, batch);
    total += value.dataSync()[0];
    value.dispose();
    if (++seen === TEST_BATCHES) break;
  }
  loss.dispose();
  return total / seen;
}

/** Draws text that goes on from a context, character by character. */
function sample(params: hk.Params, key: hk.PRNGKey, context: string, length: number): string {
  const step = hk.donate(
    hk.jit((state: hk.DeepRNNState, character: Tensor1D, stepKey: hk.PRNGKey): [hk.DeepRNNState, Tensor] => {
      const [logits, next] = nextCharacter.apply(params, character, state);
      return [next, hk.random.categorical(stepKey, logits)];
    }),
  );
  const text = Array.from(encode(context));
  let state = initialState.apply({});
  for (let i = 0; text.length < context.length + length; i++) {
    const character = tensor1d([text[i]], 'int32');
    let drawn: Tensor;
    [state, drawn] = step(state, character, hk.random.foldIn(key, i));
    if (i === text.length - 1) text.push(drawn.dataSync()[0]);
    hk.tree.dispose([character, drawn]);
  }
  hk.tree.dispose(state);
  return decode(text);
}

await useWasm();
const { train, test } = loadMobyDick();
const losses: number[] = [];
let state: TrainingState | undefined;
const progress = startProgress(STEPS);
for (const batch of textBatches(train, BATCH_SIZE, SEQUENCE_LENGTH, hk.random.key(SEED))) {
  if (state === undefined) {
    const params = sequenceLoss.init(SEED, batch);
    state = { params, optState: optimiser.init(params) };
  }
  let value: Tensor;
  [state, value] = update(state, batch);
  losses.push(value.dataSync()[0]);
  value.dispose();
  await progress.step({ loss: losses[losses.length - 1] });
  if (losses.length === STEPS) break;
}
progress.stop();

const { params } = state as TrainingState;
const text = sample(params, hk.random.key(SEED), CONTEXT, SAMPLE_LENGTH);
console.log(`\n${text}\n`);
writeOut('char-lstm.txt', `${text}\n`);
stateResults(
  'char-lstm',
  { firstLosses: losses.slice(0, 20), testLoss: evaluate(params, test), sampledCharacters: text.length },
  { testLoss: { atMost: REQUIRED_LOSS } },
);
