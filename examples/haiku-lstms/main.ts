/**
 * Haiku's notebook on LSTMs: one LSTM learns to predict the next value of sine waves, then goes on by itself from a short context.
 */
import {
  mean,
  reshape,
  slice,
  squaredDifference,
  tidy,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults, writeOut } from '../shared/results.js';
import { plot } from './plot.js';
import { sineWaves } from './sine.js';

const SEED = 428;
const HIDDEN_SIZE = 32;
const BATCH_SIZE = 32;
const LENGTH = 64;
const CONTEXT_LENGTH = 16;
const STEPS = quick ? 60 : 1000; // after which 0.0013 and, for the rollout, 0.0003 were measured (Node 20, two cores)
// The first value of a wave does not say whether it rises or falls: some error stays.
const REQUIRED_LOSS = quick ? 0.05 : 0.002;
const REQUIRED_ROLLOUT_ERROR = quick ? 0.1 : 0.01; // predicting zero costs 0.5

/** Unrolls an LSTM over `[time, batch, 1]`, mapping each output to a scalar. */
const unrollNet = hk.withoutApplyRng(
  hk.transform((seqs: Tensor3D) => {
    const core = new hk.LSTM(HIDDEN_SIZE);
    const [outs] = hk.dynamicUnroll(core, seqs, core.initialState(seqs.shape[1]));
    // We could include this Linear as part of the recurrent core! Applied to all steps at once it is one product.
    return new hk.BatchApply((x: Tensor) => new hk.Linear(1).call(x)).call(outs);
  }),
);

/** Runs the network over a context, then feeds it what it predicted: `[steps, batch, 1]`. */
const autoregressivePredict = hk.withoutApplyRng(
  hk.transform((context: Tensor3D, steps: number) => {
    const core = new hk.LSTM(HIDDEN_SIZE);
    const linear = new hk.Linear(1);
    const step = (x: Tensor, state: hk.LSTMState): [Tensor, hk.LSTMState] => {
      const [h, next] = core.call(x, state);
      return [linear.call(h), next];
    };
    const [outs, state] = hk.dynamicUnroll(step, context, core.initialState(context.shape[1]));
    const first = reshape(slice(outs, [context.shape[0] - 1, 0, 0], [1, -1, -1]), [-1, 1]);
    const [, predicted] = hk.scan(
      ([x, s]: [Tensor, hk.LSTMState]): [[Tensor, hk.LSTMState], Tensor] => [step(x, s), x],
      [first, state],
      null,
      { length: steps },
    );
    return predicted;
  }),
);

const optimiser = optim.adam(quick ? 1e-2 : 3e-3);

interface TrainingState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimiser.init>;
}

/** Mean squared error of the prediction of each next value. */
function loss(params: hk.Params, seqs: Tensor3D): Tensor {
  const inputs = slice(seqs, [0, 0, 0], [LENGTH, -1, -1]);
  const targets = slice(seqs, [1, 0, 0], [LENGTH, -1, -1]);
  return mean(squaredDifference(unrollNet.apply(params, inputs), targets));
}

const update = hk.donate(
  hk.jit(({ params, optState }: TrainingState, key: hk.PRNGKey): [TrainingState, Tensor] => {
    const seqs = sineWaves(key, BATCH_SIZE, LENGTH + 1);
    const [value, grads] = hk.valueAndGrad(loss)(params, seqs);
    const [updates, nextOptState] = optimiser.update(grads, optState, params);
    return [{ params: optim.applyUpdates(params, updates), optState: nextOptState }, value];
  }),
);

await useWasm();
const keys = new hk.PRNGSequence(SEED);
const valid = sineWaves(keys.nextKey(), BATCH_SIZE, LENGTH + 1);
const initialParams = unrollNet.init(keys.nextKey(), valid);
let state: TrainingState = { params: initialParams, optState: optimiser.init(initialParams) };

const progress = startProgress(STEPS);
for (let i = 0; i < STEPS; i++) {
  let value: Tensor;
  [state, value] = update(state, keys.nextKey());
  await progress.step({ loss: value.dataSync()[0] });
  value.dispose();
}
progress.stop();

const validLoss = tidy(() => loss(state.params, valid).dataSync()[0]);

const rollout = tidy(() => {
  const context = slice(valid, [0, 0, 0], [CONTEXT_LENGTH, -1, -1]);
  const truth = slice(valid, [CONTEXT_LENGTH, 0, 0]);
  const predicted = autoregressivePredict.apply(state.params, context, LENGTH + 1 - CONTEXT_LENGTH);
  const wave = (x: Tensor): Float32Array => slice(x, [0, 0, 0], [-1, 1, 1]).dataSync<'float32'>().slice();
  return {
    error: mean(squaredDifference(predicted, truth)).dataSync()[0],
    truth: wave(valid),
    predicted: wave(predicted),
  };
});
const shown = [...rollout.truth.subarray(0, CONTEXT_LENGTH), ...rollout.predicted];
writeOut(
  'haiku-lstms.svg',
  plot(
    [
      { label: 'truth', color: '#1f77b4', values: rollout.truth },
      { label: 'rollout', color: '#d62728', values: shown },
    ],
    CONTEXT_LENGTH,
  ),
);
stateResults(
  'haiku-lstms',
  { validLoss, rolloutError: rollout.error },
  { validLoss: { atMost: REQUIRED_LOSS }, rolloutError: { atMost: REQUIRED_ROLLOUT_ERROR } },
);
