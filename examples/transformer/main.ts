/**
 * Haiku's transformer example: a causal model of the characters of Moby-Dick with dropout, gradient clipping and a warm-up
 * schedule. Text is sampled with a cache of keys and values, which is state.
 */
import {
  abs,
  max,
  mean,
  slice,
  squeeze,
  sub,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { decode, encode, loadMobyDick, textBatches, type TextBatch } from '../data/moby-dick.js';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults, writeOut } from '../shared/results.js';
import { MAX_LENGTH, Transformer } from './model.js';

const SEED = 42;
const BATCH_SIZE = 16;
const STEPS = quick ? 40 : 800; // after which 2.87 bits were measured (Node 20, two cores)
const TEST_BATCHES = quick ? 2 : 20;
const REQUIRED_BITS = quick ? 5 : 3.2; // a character; guessing costs log2 96 = 6.58
const CONTEXT = 'The whale ';

const forward = hk.transform((inputs: Tensor2D, isTraining: boolean) =>
  new Transformer().call(inputs, isTraining),
);

/** The same network for one character at a position; what it has seen is in its state. */
const next = hk.withoutApplyRng(
  hk.transformWithState((character: Tensor2D, position: Tensor1D) =>
    new Transformer().call(character, false, position),
  ),
);

function loss(params: hk.Params, key: hk.PRNGKey | null, { inputs, targets }: TextBatch): Tensor {
  const logits = forward.apply(params, key, inputs, key !== null);
  return mean(optim.softmaxCrossEntropyWithIntegerLabels(logits, targets));
}

const schedule = optim.warmupCosineDecaySchedule({
  initValue: 0,
  peakValue: 3e-3,
  warmupSteps: quick ? 10 : 50,
  decaySteps: STEPS,
});
const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam(schedule));

interface TrainingState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimizer.init>;
}

/** Learning rule: gradient, clipping, schedule and Adam in one plan. */
const update = hk.donate(
  hk.jit(
    ({ params, optState }: TrainingState, key: hk.PRNGKey, batch: TextBatch): [TrainingState, Tensor] => {
      const [value, grads] = hk.valueAndGrad(loss)(params, key, batch);
      const [updates, nextOptState] = optimizer.update(grads, optState, params);
      return [{ params: optim.applyUpdates(params, updates), optState: nextOptState }, value];
    },
  ),
);

/** Bits a character over batches of a text. */
function bitsPerCharacter(params: hk.Params, text: Int32Array): number {
  let total = 0;
  let seen = 0;
  for (const batch of textBatches(text, BATCH_SIZE, MAX_LENGTH, hk.random.key(SEED))) {
    total += tidy(() => loss(params, null, batch).dataSync()[0]);
    if (++seen === TEST_BATCHES) break;
  }
  return total / seen / Math.LN2;
}

/** The first state of the cache. */
function emptyCache(): hk.State {
  const character = tensor2d([[0]], [1, 1], 'int32');
  const position = tensor1d([0], 'int32');
  const [unused, cache] = next.init(SEED, character, position);
  hk.tree.dispose([unused, character, position]);
  return cache;
}

/** Text that goes on from a context up to the greatest length, and how far cached logits are from those of the whole text. */
function sample(params: hk.Params, key: hk.PRNGKey, context: string): { text: string; difference: number } {
  const step = hk.donate(
    hk.jit((cache: hk.State, character: Tensor2D, position: Tensor1D, stepKey: hk.PRNGKey) => {
      const [logits, after] = next.apply(params, cache, character, position);
      const last = squeeze(logits, [0, 1]);
      return [after, { logits: last, drawn: hk.random.categorical(stepKey, last) }] as const;
    }),
  );
  const text = Array.from(encode(context));
  let cache = emptyCache();
  let difference = 0;
  for (let i = 0; i < MAX_LENGTH - 1; i++) {
    const character = tensor2d([text[i]], [1, 1], 'int32');
    const position = tensor1d([i], 'int32');
    const [after, out] = step(cache, character, position, hk.random.foldIn(key, i));
    cache = after;
    if (i === text.length - 1) text.push(out.drawn.dataSync()[0]);
    if (i % 16 === 0) {
      const apart = tidy(() => {
        const whole = forward.apply(
          params,
          null,
          tensor2d([text.slice(0, i + 1)], undefined, 'int32'),
          false,
        );
        return max(abs(sub(squeeze(slice(whole, [0, i, 0], [1, 1, -1]), [0, 1]), out.logits))).dataSync()[0];
      });
      difference = Math.max(difference, apart);
    }
    hk.tree.dispose([character, position, out]);
  }
  hk.tree.dispose(cache);
  return { text: decode(text), difference };
}

await useWasm();
const { train, test } = loadMobyDick();
const keys = new hk.PRNGSequence(SEED);
const initKey = keys.nextKey();
let state: TrainingState | undefined;
let step = 0;
const progress = startProgress(STEPS);
for (const batch of textBatches(train, BATCH_SIZE, MAX_LENGTH, keys.nextKey())) {
  if (state === undefined) {
    const params = forward.init(initKey, batch.inputs, false);
    state = { params, optState: optimizer.init(params) };
  }
  let value: Tensor;
  [state, value] = update(state, keys.nextKey(), batch);
  await progress.step({ bits: value.dataSync()[0] / Math.LN2 });
  value.dispose();
  if (++step === STEPS) break;
}
progress.stop();

const { params } = state as TrainingState;
const { text, difference } = sample(params, keys.nextKey(), CONTEXT);
console.log(`\n${text}\n`);
writeOut('transformer.txt', `${text}\n`);
stateResults(
  'transformer',
  {
    testBitsPerCharacter: bitsPerCharacter(params, test),
    cacheDifference: difference,
    sampledCharacters: text.length,
  },
  { testBitsPerCharacter: { atMost: REQUIRED_BITS }, cacheDifference: { atMost: 1e-4 } },
);
