import { mul, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { loadInto, loadSafetensors, saveSafetensors } from '../../src/checkpoint/index.js';
import { jit } from '../../src/index.js';
import * as optim from '../../src/optim/index.js';
import type { GradientTransformation, OptState, Updates } from '../../src/optim/index.js';
import { dispose, leaves, leavesWithPath, map, structure, type Tree } from '../../src/tree/tree.js';
import { expectClose } from '../support/compare.js';
import { goldenCases, goldenTensor, goldenValues, type ArrayReference } from '../support/goldens.js';
import { tolerances } from '../support/tolerances.js';

type References = Tree<ArrayReference>;
type Options = Record<string, unknown>;

interface DrawnTree {
  readonly id: string;
  readonly params: References;
  readonly grads: References[];
}

interface Run {
  readonly id: string;
  readonly tree: number;
  readonly name: string;
  readonly single?: boolean;
  /** Behind a single transformation. Default -0.1. */
  readonly scale?: number;
  readonly args: unknown[];
  readonly options: Options;
  readonly schedule?: [initValue: number, transitionSteps: number, decayRate: number];
  readonly updates: References;
  readonly params: References;
}

interface Injected {
  readonly name: string;
  readonly rate: number;
  readonly hyperparams: Record<string, number>;
}

const { cases, arrays } = goldenCases<DrawnTree | Run | Injected>('optax-runs');
const trees = cases.filter((found): found is DrawnTree => 'grads' in found);
const runs = cases.filter((found): found is Run => 'updates' in found);
const injected = cases.filter((found): found is Injected => 'hyperparams' in found);

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const isReference = (node: unknown): node is ArrayReference =>
  typeof node === 'object' && node !== null && '$t' in node;

function resolve(node: unknown): Updates {
  if (isReference(node)) return goldenTensor(arrays.get(node.$t)!);
  if (Array.isArray(node)) return node.map(resolve);
  return Object.fromEntries(Object.entries(node as object).map(([key, child]) => [key, resolve(child)]));
}

/** The references of a tree in the order of its leaves. */
function references(node: unknown): ArrayReference[] {
  if (isReference(node)) return [node];
  return Object.keys(node as object)
    .sort()
    .flatMap((key) => references((node as Record<string, unknown>)[key]));
}

type Factory = (...args: unknown[]) => GradientTransformation;
const factories = optim as unknown as Record<string, Factory>;

function build({ name, single, scale = -0.1, args, options, schedule }: Run): GradientTransformation {
  if (name === 'inject') {
    const weightDecay = optim.linearSchedule({ initValue: 0.1, endValue: 0, transitionSteps: 10 });
    const tx = optim.injectHyperparams(optim.adamw)(0.05, { weightDecay });
    return tx as unknown as GradientTransformation;
  }
  if (name === 'named_chain') {
    const tx = optim.namedChain(['clip', optim.clip(0.5)], ['adam', optim.adam(0.05)]);
    return tx as unknown as GradientTransformation;
  }
  const camelOptions = Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));
  const firsts = schedule
    ? [
        optim.exponentialDecay({
          initValue: schedule[0],
          transitionSteps: schedule[1],
          decayRate: schedule[2],
        }),
      ]
    : args;
  const tx = factories[camel(name)](...firsts, ...(Object.keys(options).length > 0 ? [camelOptions] : []));
  return single ? (optim.chain(tx, optim.scale(scale)) as unknown as typeof tx) : tx;
}

interface Outcome {
  readonly updates: Updates;
  readonly params: Updates;
  readonly state: OptState;
}

/** Runs a transformation over recorded gradients; everything but the outcome is freed. */
function train(
  tx: GradientTransformation,
  tree: DrawnTree,
  { update = tx.update, between = (state: OptState): OptState => state } = {},
): Outcome {
  let params = resolve(tree.params);
  let state = tx.init(params);
  let updates: Updates = null;
  for (const recorded of tree.grads) {
    const grads = resolve(recorded);
    const [next, nextState] = update(grads, state, params);
    const moved = optim.applyUpdates(params, next);
    dispose([grads, params, state, updates]);
    [params, state, updates] = [moved, between(nextState), next];
  }
  return { updates, params, state };
}

function expectTree(actual: Updates, expected: unknown, what: string): void {
  const recorded = references(expected);
  const flat = leavesWithPath(actual);
  expect(flat).to.have.length(recorded.length);
  flat.forEach(({ path, leaf }, i) => {
    const golden = goldenValues(arrays.get(recorded[i].$t)!);
    const shaped = tidy(() => reshape(leaf, [-1]).dataSync()) as Float32Array;
    expectClose(shaped, golden, tolerances.optimizerRun, `${what} ${path.join('/')}`);
  });
}

describe('20 steps on drawn trees, against Optax', () => {
  it('are of every kind of tree and every optimizer', () => {
    expect(trees).to.have.length(3);
    expect(trees.every(({ grads }) => grads.length === 20)).to.equal(true);
    expect(runs.length).to.be.above(150);
  });

  for (const golden of runs) {
    it(golden.id, () => {
      const outcome = train(build(golden), trees[golden.tree]);
      expectTree(outcome.params, golden.params, 'params');
      expectTree(outcome.updates, golden.updates, 'updates');
      dispose(outcome);
    });
  }
});

describe('the state of an optimizer', () => {
  const first = [...new Map(runs.map((run) => [run.name, run])).values()];

  for (const golden of first) {
    it(`of ${golden.name} saves like parameters, and training goes on from it as if nothing had been`, () => {
      const tx = build(golden);
      const reload = (state: OptState): OptState => {
        if (leaves(state as Tree<Tensor>).length === 0) return state;
        const stored = loadSafetensors(saveSafetensors(state as Tree<Tensor>));
        const restored = loadInto(state as Record<string, Tensor>, stored) as unknown as OptState;
        expect(structure(restored)).to.deep.equal(structure(state));
        dispose([state, stored]);
        return restored;
      };
      const outcome = train(tx, trees[golden.tree], { between: reload });
      expectTree(outcome.params, golden.params, 'params');
      dispose(outcome);
    });

    if (golden.name === 'inject') continue;
    it(`of ${golden.name} goes through hk.jit`, () => {
      const tx = build(golden);
      const update = jit((grads: Updates, state: OptState, params: Updates) =>
        tx.update(grads, state, params),
      );
      const outcome = train(tx, trees[golden.tree], { update: update as typeof tx.update });
      expectTree(outcome.params, golden.params, 'params');
      dispose(outcome);
      update.dispose();
    });
  }
});

describe('injectHyperparams', () => {
  it('knows the defaults of every optimizer', () => {
    expect(injected.length).to.be.above(25);
    for (const { name, rate, hyperparams } of injected) {
      const tx = optim.injectHyperparams(factories[camel(name)] as never)(rate as never);
      const params = resolve(trees[0].params);
      const state = tx.init(params);
      const found = map((value: Tensor) => value.dataSync()[0], state.hyperparams);
      const expected = Object.entries(hyperparams).map(([key, value]) => [camel(key), value]);
      expect(found, name).to.deep.equal(Object.fromEntries(expected));
      dispose([params, state]);
    }
  });

  it('has numbers that are the defaults indeed: nothing changes by giving them', () => {
    for (const { name, rate, hyperparams } of injected) {
      const { learning_rate: _, ...defaults } = hyperparams;
      // Optax keeps them as float32.
      const written = (value: number): number => Number(value.toPrecision(6));
      const options = Object.fromEntries(
        Object.entries(defaults).map(([key, value]) => [camel(key), written(value)]),
      );
      const [plain, given] = [{}, options].map((chosen) =>
        train(factories[camel(name)](rate, chosen), trees[0]),
      );
      const [a, b] = [plain, given].map(({ params }) => leaves(params as Tree<Tensor>));
      a.forEach((leaf, i) => {
        expectClose(leaf, b[i].dataSync() as Float32Array, tolerances.optimizer, name);
      });
      dispose([plain, given]);
    }
  });

  it('keeps the learning rate alone in the state inside hk.jit, where it can be changed', () => {
    const staticArgs = ['b1', 'b2', 'eps', 'epsRoot'];
    const tx = optim.injectHyperparams(optim.adam, { staticArgs })(0.5);
    const update = jit((grads: { w: Tensor }, state: ReturnType<typeof tx.init>) => tx.update(grads, state), {
      check: false,
    });
    const params = { w: goldenTensor(arrays.get(references(trees[0].params)[0].$t)!) };
    const first = tx.init(params);
    const [updates, second] = update(params, first);
    const scaled = tidy(() => map((rate: Tensor) => mul(rate, 0), second.hyperparams));
    const [none, third] = update(params, { ...second, hyperparams: scaled });
    expect(updates.w.dataSync()[0]).to.not.equal(0);
    expect([...none.w.dataSync()].every((value) => value === 0)).to.equal(true);
    dispose([params, first, updates, second, scaled, none, third]);
    update.dispose();
  });

  it('takes options alone, of transformations that have no other argument', () => {
    const tx = optim.injectHyperparams(optim.scaleByAdam)({ b1: 0.5, b2: optim.constantSchedule(0.9) });
    const params = resolve(trees[0].params);
    const state = tx.init(params);
    const found = map((value: Tensor) => Math.fround(value.dataSync()[0]), state.hyperparams);
    expect(found).to.deep.equal({
      b1: 0.5,
      b2: Math.fround(0.9),
      eps: Math.fround(1e-8),
      epsRoot: 0,
    });
    dispose([params, state]);
  });

  it('refuses names that are none', () => {
    expect(() => optim.injectHyperparams(optim.adam, { staticArgs: ['beta1'] })(1e-3)).to.throw(
      /staticArgs must be one of learningRate, b1, b2, eps, epsRoot, but got beta1/,
    );
  });
});
