import {
  argMax,
  grads as gradsOf,
  logSoftmax,
  mul,
  sub,
  sum,
  tidy,
  transpose,
  where,
  greater,
  fill,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { TankaError } from '../../src/index.js';
import * as optim from '../../src/optim/index.js';
import type { GradientTransformation, Updates } from '../../src/optim/index.js';
import { dispose, leaves, leavesWithPath, type Tree } from '../../src/tree/tree.js';
import { expectClose } from '../support/compare.js';
import { goldenCases, goldenTensor, goldenValues, type ArrayReference } from '../support/goldens.js';
import { tolerances } from '../support/tolerances.js';

type References = Record<string, Record<string, ArrayReference>>;
interface Case {
  readonly id: string;
  readonly params?: References;
  readonly grads?: References[] | 'grads' | 'bad';
  readonly bad?: References[];
  readonly steps?: { updates: References; params: References }[];
  readonly lookahead?: { fast: References; slow: References }[];
  readonly values?: Record<string, ArrayReference>;
}

const { cases, arrays } = goldenCases<Case>('optax-wrappers');
const byId = (id: string): Case => cases.find((found) => found.id === id)!;
const inputs = byId('inputs');

function tensors(references: References): Updates {
  return Object.fromEntries(
    Object.entries(references).map(([module, entries]) => [
      module,
      Object.fromEntries(
        Object.entries(entries).map(([name, { $t }]) => [name, goldenTensor(arrays.get($t)!)]),
      ),
    ]),
  );
}

function expectTree(actual: Updates, expected: References, what: string): void {
  for (const { path, leaf } of leavesWithPath(actual)) {
    const reference = expected[path[0]][path[1]];
    const values = leaf.dataSync() as Float32Array;
    const golden = goldenValues(arrays.get(reference.$t)!) as Float32Array;
    // NaN where Optax has NaN, and then the rest: a NaN has no scale to compare by.
    expect([...values].map(Number.isNaN)).to.deep.equal([...golden].map(Number.isNaN));
    const finite = (all: Float32Array) => all.map((value) => (Number.isNaN(value) ? 0 : value));
    expectClose(finite(values), finite(golden), tolerances.optimizer, `${what} ${path.join('/')}`);
  }
}

const mask = { a: { w: true, b: false }, c: { k: true } };
const { chain, scale } = optim;

const transformations: Record<string, () => unknown> = {
  masked: () => optim.masked(optim.adam(0.1), mask),
  'adamw mask': () => optim.adamw(0.1, { weightDecay: 0.3, mask }),
  multi_transform: () =>
    optim.multiTransform(
      {
        fast: optim.adam(0.1),
        slow: optim.sgd(0.01, { momentum: 0.9 }),
        frozen: optim.setToZero(),
      },
      { a: { w: 'fast', b: 'frozen' }, c: 'slow' },
    ),
  apply_if_finite: () => optim.applyIfFinite(optim.adam(0.1), 1),
  zero_nans: () => chain(optim.zeroNans(), optim.clip(1), optim.sgd(0.1)),
  inject: () =>
    optim.injectHyperparams(optim.adam, { staticArgs: ['b2', 'eps', 'epsRoot'] })(
      optim.linearSchedule({ initValue: 0.1, endValue: 0.01, transitionSteps: 4 }),
      { b1: 0.8 },
    ),
  'multi_steps sum': () => optim.multiSteps(optim.adam(0.1), 2, { useGradMean: false }),
  adamaxw: () => optim.adamaxw(0.1, { weightDecay: 0.1 }),
  nadamw: () => optim.nadamw(0.1, { weightDecay: 0.1 }),
  signum: () => optim.signum(0.1),
  ema: () => chain(optim.ema(0.9), scale(-0.1)),
  block_rms: () => chain(optim.clipByBlockRms(0.5), scale(-0.1)),
  adaptive_clip: () => chain(optim.adaptiveGradClip(0.1), scale(-0.1)),
  nonnegative: () => chain(optim.sgd(0.3), optim.keepParamsNonnegative()),
  'rmsprop corrected': () =>
    optim.rmsprop(0.1, { biasCorrection: true, epsInSqrt: false, initialScale: 0.1 }),
  'rmsprop centered corrected': () =>
    optim.rmsprop(0.1, { centered: true, biasCorrection: true, momentum: 0.5, nesterov: true }),
  'adabelief nesterov': () => optim.adabelief(0.1, { nesterov: true }),
  'adadelta decay': () => optim.adadelta(0.5, { weightDecay: 0.1 }),
  'decay schedule': () =>
    chain(
      optim.addDecayedWeights(optim.linearSchedule({ initValue: 0.1, endValue: 0, transitionSteps: 4 })),
      scale(-0.1),
    ),
};

describe('wrappers and further optimizers, against Optax', () => {
  it('are all there', () => {
    const recorded = cases.filter(({ steps }) => steps !== undefined).map(({ id }) => id);
    expect(recorded.sort()).to.deep.equal(Object.keys(transformations).sort());
  });

  for (const [id, make] of Object.entries(transformations)) {
    it(id, () => {
      const golden = byId(id);
      const tx = make() as GradientTransformation<unknown>;
      let params = tensors(inputs.params!);
      let state = tx.init(params);
      golden.steps!.forEach((expected, i) => {
        const recorded = golden.grads === 'bad' ? inputs.bad! : (inputs.grads as References[]);
        const grads = tensors(recorded[i]);
        const [updates, next] = tx.update(grads, state, params);
        const moved = optim.applyUpdates(params, updates);
        expectTree(updates, expected.updates, `updates ${i}`);
        expectTree(moved, expected.params, `params ${i}`);
        dispose([grads, state, params, updates]);
        [params, state] = [moved, next];
      });
      dispose([params, state]);
    });
  }

  it('lookahead', () => {
    const tx = optim.lookahead(optim.sgd(0.1, { momentum: 0.9 }), 2, 0.5);
    const start = tensors(inputs.params!);
    let params = optim.lookaheadParams(start);
    let state = tx.init(params);
    byId('lookahead').lookahead!.forEach((expected, i) => {
      const grads = tensors((inputs.grads as References[])[i]);
      const [updates, next] = tx.update(grads, state, params);
      const moved = optim.applyUpdates(params, updates);
      expectTree(moved.fast, expected.fast, `fast ${i}`);
      expectTree(moved.slow, expected.slow, `slow ${i}`);
      dispose([grads, state, params, updates]);
      [params, state] = [moved, next];
    });
    dispose([start, params, state]);
  });
});

describe('further schedules, against Optax', () => {
  const cycle = { transitionSteps: 10, peakValue: 1 };
  const schedules: Record<string, optim.Schedule> = {
    warmupConstant: optim.warmupConstantSchedule({ initValue: 0.1, peakValue: 1, warmupSteps: 4 }),
    sgdr: optim.sgdrSchedule([
      { initValue: 0, peakValue: 1, decaySteps: 5, warmupSteps: 2, endValue: 0.1 },
      { initValue: 0.1, peakValue: 0.5, decaySteps: 6, warmupSteps: 1, endValue: 0 },
    ]),
    linearOnecycle: optim.linearOnecycleSchedule(cycle),
    cosineOnecycle: optim.cosineOnecycleSchedule(cycle),
    interpolate: optim.piecewiseInterpolateSchedule({
      interpolateType: 'cosine',
      initValue: 1,
      boundariesAndScales: { 2: 0.5, 8: 3 },
    }),
    exponentialEnd: optim.exponentialDecay({
      initValue: 1,
      transitionSteps: 2,
      decayRate: 0.5,
      transitionBegin: 3,
      endValue: 0.2,
    }),
    cosineExponent: optim.cosineDecaySchedule({ initValue: 1, decaySteps: 8, alpha: 0.1, exponent: 2 }),
  };
  for (const [name, reference] of Object.entries(byId('schedules').values!)) {
    it(name, () => {
      const values = Float32Array.from({ length: 14 }, (_, i) => schedules[name](i));
      expectClose(values, goldenValues(arrays.get(reference.$t)!), tolerances.optimizer, name);
    });
  }
});

describe('further losses and gradients, against Optax', () => {
  const stored = (name: string): Tensor => goldenTensor(arrays.get(name)!);
  const losses: Record<string, (x: Tensor, hot: Tensor, t: Tensor) => Tensor> = {
    sigmoidFocal: (x, hot) => optim.sigmoidFocalLoss(x, hot, { alpha: 0.3, gamma: 1.5 }),
    perceptron: (x, hot) => optim.perceptronLoss(x, sub(mul(hot, 2), 1)),
    poly: (x, hot) => optim.polyLossCrossEntropy(x, hot, { epsilon: 1.5 }),
    klLog: (x, _hot, t) => optim.klDivergenceWithLogTargets(logSoftmax(x), logSoftmax(t)),
    klHot: (x, hot) => optim.klDivergence(logSoftmax(x), hot),
    crossAxis0: (x, hot) => optim.softmaxCrossEntropy(x, hot, { axis: 0 }),
    safe: (x, hot) => optim.safeSoftmaxCrossEntropy(where(greater(hot, 0), x, fill(x.shape, -Infinity)), hot),
    cosineDistance: (x, _hot, t) => optim.cosineDistance(x, t, { epsilon: 0.5 }),
  };
  for (const [name, reference] of Object.entries(byId('losses').values!)) {
    it(name, () => {
      const actual = tidy(() => losses[name](stored('logits'), stored('hot'), stored('targets')));
      expectClose(actual, goldenValues(arrays.get(reference.$t)!), tolerances.output, name);
      actual.dispose();
    });
  }
  it('integer labels of classes at another axis are those of the transposed logits', () => {
    const apart = tidy(() => {
      const [x, hot] = [stored('logits'), stored('hot')];
      const ids = argMax(hot, -1);
      const straight = optim.softmaxCrossEntropyWithIntegerLabels(x, ids);
      const turned = optim.softmaxCrossEntropyWithIntegerLabels(transpose(x), ids, { axis: 0 });
      expect(turned.shape).to.deep.equal(straight.shape);
      return [...sub(straight, turned).dataSync()];
    });
    expect(apart.every((value) => value === 0)).to.equal(true);
  });

  const derived: Record<string, (x: Tensor, hot: Tensor, t: Tensor) => Tensor> = {
    crossEntropy: (x, hot) => optim.softmaxCrossEntropy(x, hot),
    integer: (x, hot) => optim.softmaxCrossEntropyWithIntegerLabels(x, argMax(hot, -1)),
    sigmoid: (x, hot) => optim.sigmoidBinaryCrossEntropy(x, hot),
    huber: (x, _hot, t) => optim.huberLoss(x, t),
    logCosh: (x, _hot, t) => optim.logCosh(x, t),
    cosine: (x, _hot, t) => optim.cosineSimilarity(x, t),
  };
  for (const [name, reference] of Object.entries(byId('gradients').values!)) {
    it(`gradient of ${name}`, () => {
      const actual = tidy(() => {
        const x = stored('logits');
        const at = name === 'sigmoid' ? zerosLike(x) : x;
        const [hot, t] = [stored('hot'), stored('targets')];
        return gradsOf((v: Tensor) => sum(derived[name](v, hot, t)))([at])[0];
      });
      expectClose(actual, goldenValues(arrays.get(reference.$t)!), tolerances.gradient, name);
      actual.dispose();
    });
  }
});

describe('optimizers', () => {
  const codeOf = (f: () => unknown): string => {
    try {
      f();
    } catch (error) {
      if (error instanceof TankaError) return error.code;
      throw error;
    }
    return 'nothing';
  };

  it('leave their arguments alone, and share nothing with them', () => {
    const params = tensors(inputs.params!);
    for (const tx of [
      optim.identity(),
      optim.sgd(0.1),
      optim.masked(optim.adam(0.1), mask),
      optim.setToZero(),
    ]) {
      const any = tx as GradientTransformation<unknown>;
      const state = any.init(params);
      const [updates, next] = any.update(params, state, params);
      dispose([updates, next, state]);
      expect(leaves(params as Tree<Tensor>).some((leaf) => leaf.isDisposed)).to.equal(false);
    }
    dispose(params);
  });

  it('let hyperparameters be changed in the state', () => {
    const tx = optim.injectHyperparams(optim.sgd)(0.5);
    const w = fill([1], 2);
    const first = tx.init({ w });
    const rate = fill([], 3);
    const [updates, next] = tx.update({ w }, { ...first, hyperparams: { learningRate: rate } });
    expect(updates.w.dataSync()[0]).to.equal(-6);
    expect(next.hyperparams.learningRate.dataSync()[0]).to.equal(3);
    dispose([w, first, rate, updates, next]);
  });

  it('refuse wrong arguments', () => {
    const w = fill([1], 2);
    const wrong: (() => unknown)[] = [
      () => optim.adam({ b1: 0.9 } as never),
      () => optim.multiSteps(optim.sgd(1), 0),
      () => optim.lookahead(optim.sgd(1), 0, 0.5),
      () => optim.cosineDecaySchedule({ initValue: 1, decaySteps: 0 }),
      () => optim.joinSchedules([], [1]),
      () => optim.masked(optim.sgd(1), { other: true }).init({ w }),
      () => optim.multiTransform({ a: optim.sgd(1) }, { w: 'b' }).init({ w }),
      () => optim.softmaxCrossEntropyWithIntegerLabels(w, w),
      () => optim.squaredError(w, fill([2], 1)),
    ];
    const params = tidy(() => wrong.map(codeOf));
    expect(params).to.deep.equal(wrong.map(() => 'optim-argument-invalid'));
    expect(codeOf(() => optim.addDecayedWeights(0.1).update({ w }, {}))).to.equal('optim-params-missing');
    w.dispose();
  });
});
