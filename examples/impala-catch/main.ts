/**
 * Haiku's IMPALA example on Catch, in a single thread: actors play with the parameters of some steps ago, and a learner corrects
 * for that with V-trace (Espeholt et al., 2018). The optimal return is 1.
 */
import {
  add,
  argMax,
  concat,
  exp,
  mean,
  mul,
  neg,
  ones,
  square,
  squeeze,
  sub,
  sum,
  tensor,
  tidy,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { startProgress } from '../shared/progress.js';
import { quick } from '../shared/quick.js';
import { stateResults } from '../shared/results.js';
import { ACTIONS, Catch, COLUMNS, EPISODE_LENGTH, ROWS } from './catch.js';
import { vtrace, type VTrace } from './vtrace.js';

const SEED = 42;
const GAMES = 32;
const STEPS = quick ? 300 : 600; // both reach the optimum
const ACTOR_LAG = 4;
const EVALUATED_EPISODES = 8;
const ENTROPY_COST = 0.01;
const REQUIRED_RETURN = 1;

/** A policy and a value over a common torso. */
const agent = hk.withoutApplyRng(
  hk.transform((boards: Tensor) => {
    const torso = new hk.nets.MLP([64, 64], { activateFinal: true });
    const hidden = torso.call(boards);
    const policyLogits = new hk.Linear(ACTIONS, { name: 'policy_logits' }).call(hidden);
    const value = new hk.Linear(1, { name: 'value' }).call(hidden);
    return { policyLogits, value: squeeze(value, [-1]) };
  }),
);

/** Logarithms of the probabilities that a policy gave to the actions that were taken. */
function logProbabilities(policyLogits: Tensor, actions: Tensor): Tensor {
  return neg(optim.softmaxCrossEntropyWithIntegerLabels(policyLogits, actions));
}

/** An episode of all games, `[time, batch, ...]`. */
interface Trajectory {
  readonly boards: Tensor;
  readonly actions: Tensor;
  readonly rewards: Tensor;
  /** Logits of the policy that chose the actions. */
  readonly behaviourLogits: Tensor;
}

const act = hk.jit((params: hk.Params, key: hk.PRNGKey, boards: Tensor): [Tensor, Tensor] => {
  const { policyLogits } = agent.apply(params, boards);
  return [hk.random.categorical(key, policyLogits), policyLogits];
});

/** Plays one episode in each game. */
function play(params: hk.Params, games: Catch, keys: hk.PRNGSequence): Trajectory & { meanReturn: number } {
  const boards: number[] = [];
  const actions: number[] = [];
  const rewards: number[] = [];
  const logits: number[] = [];
  games.reset();
  for (let t = 0; t < EPISODE_LENGTH; t++) {
    const seen = games.observe();
    const [chosen, policyLogits] = tidy(() =>
      act(params, keys.nextKey(), tensor(seen, [GAMES, ROWS * COLUMNS])).map((x) => x.dataSync().slice()),
    );
    boards.push(...seen);
    actions.push(...chosen);
    logits.push(...policyLogits);
    rewards.push(...games.step(chosen));
  }
  const steps = [EPISODE_LENGTH, GAMES];
  return {
    boards: tensor(boards, [...steps, ROWS * COLUMNS]),
    actions: tensor(actions, steps, 'int32'),
    rewards: tensor(rewards, steps),
    behaviourLogits: tensor(logits, [...steps, ACTIONS]),
    meanReturn: rewards.reduce((a, b) => a + b) / GAMES,
  };
}

/** What V-trace makes of a trajectory under the learner's parameters. */
function correct(params: hk.Params, { boards, actions, rewards, behaviourLogits }: Trajectory): VTrace {
  const { policyLogits, value } = agent.apply(params, boards);
  const logRhos = sub(logProbabilities(policyLogits, actions), logProbabilities(behaviourLogits, actions));
  // The value of the state after an episode does not matter: the last discount is 0.
  const discounts = concat([ones([EPISODE_LENGTH - 1, GAMES]), zeros([1, GAMES])]);
  return vtrace(value, zeros([GAMES]), rewards, discounts, logRhos);
}

/** Policy gradient, value and entropy losses; nothing flows through V-trace's targets and advantages. */
function loss(params: hk.Params, { boards, actions }: Trajectory, { targets, advantages }: VTrace): Tensor {
  const { policyLogits, value } = agent.apply(params, boards);
  const policyLoss = neg(mean(mul(logProbabilities(policyLogits, actions), advantages)));
  const valueLoss = mul(0.5, mean(square(sub(targets, value))));
  const logPolicy = hk.nn.logSoftmax(policyLogits);
  const entropy = neg(mean(sum(mul(exp(logPolicy), logPolicy), -1)));
  return sub(add(policyLoss, valueLoss), mul(ENTROPY_COST, entropy));
}

const optimizer = optim.chain(optim.clipByGlobalNorm(5), optim.adam(5e-3));

interface LearnerState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimizer.init>;
}

const learn = hk.donate(
  hk.jit(({ params, optState }: LearnerState, trajectory: Trajectory): [LearnerState, Tensor] => {
    const [value, grads] = hk.valueAndGrad(loss)(params, trajectory, correct(params, trajectory));
    const [updates, nextOptState] = optimizer.update(grads, optState, params);
    return [{ params: optim.applyUpdates(params, updates), optState: nextOptState }, value];
  }),
);

await useWasm();
const keys = new hk.PRNGSequence(SEED);
const games = new Catch(GAMES, keys.nextKey());
const initialParams = agent.init(keys.nextKey(), zeros([1, ROWS * COLUMNS]));
let state: LearnerState = { params: initialParams, optState: optimizer.init(initialParams) };
const copyOfParams = (): hk.Params => hk.tree.map((p) => p.clone(), state.params);

let actorParams = copyOfParams();
const progress = startProgress(STEPS);
for (let i = 0; i < STEPS; i++) {
  if (i % ACTOR_LAG === 0) {
    hk.tree.dispose(actorParams);
    actorParams = copyOfParams();
  }
  const { meanReturn, ...trajectory } = play(actorParams, games, keys);
  let value: Tensor;
  [state, value] = learn(state, trajectory);
  await progress.step({ loss: value.dataSync()[0], return: meanReturn });
  hk.tree.dispose([trajectory, value]);
}
progress.stop();

/** Mean return of the policy's most probable actions in new episodes. */
function evaluate(params: hk.Params): number {
  let total = 0;
  for (let episode = 0; episode < EVALUATED_EPISODES; episode++) {
    games.reset();
    for (let t = 0; t < EPISODE_LENGTH; t++) {
      const seen = games.observe();
      const greedy = tidy(() =>
        argMax(agent.apply(params, tensor(seen, [GAMES, ROWS * COLUMNS])).policyLogits, -1).dataSync(),
      );
      total += games.step(greedy).reduce((a, b) => a + b);
    }
  }
  return total / (EVALUATED_EPISODES * GAMES);
}

stateResults(
  'impala-catch',
  { meanReturn: evaluate(state.params) },
  { meanReturn: { atLeast: REQUIRED_RETURN } },
);
