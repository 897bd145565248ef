import { mul, ones, scalar, sum, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import * as optim from '../../src/optim/index.js';
import { expectClose } from '../support/compare.js';
import { errorCode } from '../support/errors.js';

type Params = { w: Tensor; b: Tensor };
type Transformation = optim.GradientTransformation<unknown>;

const warmup = optim.warmupCosineDecaySchedule({
  initValue: 0.01,
  peakValue: 0.1,
  warmupSteps: 3,
  decaySteps: 9,
  endValue: 0.001,
});
const staircase = optim.exponentialDecay({
  initValue: 0.1,
  transitionSteps: 2,
  decayRate: 0.5,
  transitionBegin: 1,
  staircase: true,
  endValue: 0.02,
});
const cases: Record<string, () => unknown> = {
  'adam at a constant rate': () => optim.adam(0.1),
  'adam on a schedule': () => optim.adam(warmup),
  'nadam on a schedule': () => optim.nadam(staircase),
  'adamw on a schedule': () => optim.adamw(warmup, { weightDecay: 0.1 }),
  'sgd on a schedule': () =>
    optim.sgd(optim.piecewiseConstantSchedule({ initValue: 0.1, boundariesAndScales: { 2: 0.5, 5: 0.1 } }), {
      momentum: 0.9,
    }),
  'sgd on one cycle': () => optim.sgd(optim.linearOnecycleSchedule({ transitionSteps: 8, peakValue: 0.3 })),
  'decay on a schedule': () =>
    optim.chain(
      optim.addDecayedWeights(
        optim.polynomialSchedule({ initValue: 0.1, endValue: 0, transitionSteps: 4, power: 2 }),
      ),
      optim.scale(-0.1),
    ),
  'rmsprop and clipping': () => optim.chain(optim.clipByGlobalNorm(1), optim.rmsprop(staircase)),
  multiSteps: () => optim.multiSteps(optim.adam(0.1), 3),
  'multiSteps on a schedule': () =>
    optim.multiSteps(
      optim.sgd(0.1),
      optim.piecewiseConstantSchedule({ initValue: 1, boundariesAndScales: { 2: 3 } }),
    ),
  applyIfFinite: () => optim.applyIfFinite(optim.adam(0.1), 2),
};

/** Gradients of step `i`; some are not numbers. */
function gradientsOf(i: number): Params {
  const b = i === 1 || (i >= 3 && i < 7) ? NaN : Math.sin(i);
  return { w: tensor1d([Math.cos(i), i - 3, 0.1 * i, -1, 2]), b: scalar(b) };
}

/** Parameters after each of ten steps. */
function train(tx: Transformation, jitted: boolean, finite: boolean): Float32Array {
  const step = (
    params: Params,
    state: unknown,
    gradients: Params,
  ): [params: Params, state: unknown, updates: Params] => {
    const [updates, next] = tx.update(gradients, state, params);
    return [optim.applyUpdates(params, updates), next, updates];
  };
  const compiled = hk.jit(step);
  const run = jitted ? compiled : step;
  let params: Params = { w: ones([5]), b: scalar(2) };
  let state = tx.init(params);
  const seen: number[] = [];
  for (let i = 0; i < 10; i++) {
    const gradients = gradientsOf(i);
    if (finite) {
      gradients.b.dispose();
      gradients.b = scalar(Math.sin(i));
    }
    const [moved, next, updates] = run(params, state, gradients);
    hk.tree.dispose([params, state, gradients, updates]);
    [params, state] = [moved, next];
    seen.push(...params.w.dataSync(), ...params.b.dataSync());
  }
  hk.tree.dispose([params, state]);
  compiled.dispose();
  return Float32Array.from(seen);
}

describe('optimizers inside hk.jit', () => {
  for (const [name, make] of Object.entries(cases)) {
    it(name, () => {
      const finite = name !== 'applyIfFinite';
      const expected = train(make() as Transformation, false, finite);
      expect(expected[0]).to.not.equal(expected[54]);
      // Allowed errors have run out by then: the parameters are NaN, as in Optax.
      expect(Number.isNaN(expected[59])).to.equal(!finite);
      expectClose(train(make() as Transformation, true, finite), expected, 1e-6);
    });
  }

  it('lookahead', () => {
    const tx = optim.lookahead(optim.sgd(0.1, { momentum: 0.9 }), 3, 0.5, { resetState: true });
    const step = (
      params: optim.LookaheadParams<Params>,
      state: ReturnType<typeof tx.init>,
      gradients: Params,
    ): [optim.LookaheadParams<Params>, typeof state, optim.LookaheadParams<Params>] => {
      const [updates, next] = tx.update(gradients, state, params);
      return [optim.applyUpdates(params, updates), next, updates];
    };
    const train = (run: typeof step): Float32Array => {
      const start: Params = { w: ones([5]), b: scalar(2) };
      let params = optim.lookaheadParams(start);
      let state = tx.init(params);
      const seen: number[] = [];
      for (let i = 0; i < 7; i++) {
        const gradients: Params = { w: tensor1d([i, 1, -i, 2, 0.5]), b: scalar(i) };
        const [moved, next, updates] = run(params, state, gradients);
        hk.tree.dispose([params, state, gradients, updates]);
        [params, state] = [moved, next];
        seen.push(...params.fast.w.dataSync(), ...params.slow.w.dataSync());
      }
      hk.tree.dispose([start, params, state]);
      return Float32Array.from(seen);
    };
    const jitted = hk.jit(step);
    expectClose(train(jitted), train(step), 1e-6);
    jitted.dispose();
  });

  it('refuse schedules that are plain functions, which only numbers can run', () => {
    const tx = optim.sgd((count) => 0.1 / (count + 1));
    const w = ones([2]);
    const state = tx.init({ w });
    const jitted = hk.jit((p: { w: Tensor }, s: typeof state) => tx.update(p, s)[0]);
    expect(errorCode(() => jitted({ w }, state))).to.equal('jit-value-read');
    hk.tree.dispose([w, state]);
    jitted.dispose();
  });

  it('may be differentiated through', () => {
    const tx = optim.adam(0.1, { eps: 0.1 });
    const w = tensor1d([0.5, -2]);
    const state = tx.init({ w });
    // The first step of Adam is -0.1 g / (|g| + 0.1); its derivative is -0.01 / (|g| + 0.1)^2.
    const gradient = hk.grad((g: Tensor) => sum(mul(tx.update({ w: g }, state)[0].w, 1)))(w);
    expectClose(gradient, Float32Array.of(-0.01 / 0.6 ** 2, -0.01 / 2.1 ** 2), 1e-4);
    hk.tree.dispose([w, state, gradient]);
  });
});
