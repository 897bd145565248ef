import { oneHot, mul, sub, logSoftmax, softmax, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as optim from '../../src/optim/index.js';
import type { GradientTransformation, Updates } from '../../src/optim/index.js';
import { dispose, leavesWithPath } from '../../src/tree/tree.js';
import { expectClose } from '../support/compare.js';
import {
  goldenCases,
  goldenTensor,
  goldenValues,
  type ArrayReference,
  type GoldenArray,
} from '../support/goldens.js';
import { tolerances } from '../support/tolerances.js';

type References = Record<string, Record<string, ArrayReference>>;
type Arguments = Record<string, unknown>;

interface Case {
  readonly id: string;
  readonly params?: References;
  readonly grads?: References[];
  readonly optimizer?: string;
  readonly chain?: Record<string, number>[];
  readonly schedule?: string | Record<string, Arguments>;
  readonly loss?: string;
  readonly args?: Arguments;
  readonly counts?: number[];
  readonly steps?: { updates: References; params: References }[];
  readonly value?: unknown;
}

const { cases, arrays } = goldenCases<Case>('optax');
const byId = (id: string): Case => cases.find((found) => found.id === id)!;
const camel = (name: string): string => name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
const camelKeys = (args: Arguments): Arguments =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [camel(key), value]));

const array = (reference: ArrayReference): GoldenArray => arrays.get(reference.$t)!;

function isReference(node: unknown): node is ArrayReference {
  return typeof node === 'object' && node !== null && '$t' in node;
}

function resolve<T>(node: unknown, leaf: (reference: ArrayReference) => T): unknown {
  if (isReference(node)) return leaf(node);
  return Object.fromEntries(
    Object.entries(node as object).map(([key, child]) => [key, resolve(child, leaf)]),
  );
}

const tensors = (references: unknown): Updates =>
  resolve(references, (r) => goldenTensor(array(r))) as Updates;

function expectTree(actual: Updates, expected: unknown, what: string): void {
  const flat = new Map(leavesWithPath(actual).map(({ path, leaf }) => [path.join(' '), leaf]));
  let compared = 0;
  const walk = (node: unknown, path: string[]): void => {
    if (isReference(node)) {
      const leaf = flat.get(path.join(' '));
      expect(leaf, `${what} has ${path.join('/')}`).to.not.equal(undefined);
      expect(leaf!.shape).to.deep.equal(node.shape);
      expectClose(leaf!, goldenValues(array(node)), tolerances.optimizer, `${what} ${path.join('/')}`);
      compared++;
    } else {
      for (const [key, child] of Object.entries(node as object)) walk(child, [...path, key]);
    }
  };
  walk(expected, []);
  expect(compared).to.equal(flat.size);
}

type Factory = (first: unknown, options?: unknown) => GradientTransformation<unknown>;
const factories = optim as unknown as Record<string, Factory>;

function build({ optimizer, chain, schedule, args = {} }: Case): GradientTransformation<unknown> {
  if (chain) {
    const parts = chain.map((part) => {
      const [[name, first]] = Object.entries(part);
      return factories[camel(name)](first);
    });
    return optim.chain(...parts) as GradientTransformation<unknown>;
  }
  if (schedule) {
    const [[name, options]] = Object.entries(schedule as Record<string, Arguments>);
    const made = (optim as unknown as Record<string, (o: unknown) => unknown>)[camel(name)](
      camelKeys(options),
    );
    return factories[camel(optimizer!)](made);
  }
  const { learningRate, everyKSchedule, ...options } = camelKeys(args);
  if (optimizer === 'multi_steps') {
    return optim.multiSteps(
      optim.sgd(learningRate as number),
      everyKSchedule as number,
    ) as GradientTransformation<unknown>;
  }
  return factories[camel(optimizer!)](learningRate, options);
}

describe('optimizers, against Optax', () => {
  const inputs = byId('inputs');
  const stepped = cases.filter(({ steps }) => steps !== undefined);

  it('are all there', () => {
    expect(stepped).to.have.length(25);
  });

  for (const golden of stepped) {
    it(golden.id, () => {
      const tx = build(golden);
      let params = tensors(inputs.params);
      let state = tx.init(params);
      golden.steps!.forEach((expected, i) => {
        const grads = tensors(inputs.grads![i]);
        const [updates, next] = tx.update(grads, state, params);
        const moved = optim.applyUpdates(params, updates);
        expectTree(updates, expected.updates, `updates ${i}`);
        expectTree(moved, expected.params, `params ${i}`);
        dispose([grads, state, params, updates]);
        params = moved;
        state = next;
      });
      dispose([params, state]);
    });
  }
});

describe('schedules, against Optax', () => {
  const scheduled = cases.filter(({ counts }) => counts !== undefined);
  it('are all there', () => {
    expect(scheduled).to.have.length(9);
  });
  for (const { id, schedule, args, counts, value } of scheduled) {
    it(id, () => {
      const options = camelKeys(args!);
      const name = camel(schedule as string);
      const make = (optim as unknown as Record<string, (o: unknown) => optim.Schedule>)[name];
      const made = make(name === 'constantSchedule' ? options.value : options);
      const values = Float32Array.from(counts!, (count) => made(count));
      expectClose(values, goldenValues(array(value as ArrayReference)), tolerances.optimizer, id);
    });
  }
});

describe('losses, against Optax', () => {
  const stored = (name: string): Tensor => goldenTensor(arrays.get(`loss/${name}`)!);
  /** What the generator passes to each loss. */
  const calls: Record<string, (logits: Tensor, ids: Tensor, targets: Tensor, hot: Tensor) => Tensor> = {
    softmax_cross_entropy: (logits, _ids, _targets, hot) => optim.softmaxCrossEntropy(logits, hot),
    softmax_cross_entropy_with_integer_labels: (logits, ids) =>
      optim.softmaxCrossEntropyWithIntegerLabels(logits, ids),
    sigmoid_binary_cross_entropy: (logits, _ids, _targets, hot) =>
      optim.sigmoidBinaryCrossEntropy(logits, hot),
    l2_loss: (logits, _ids, targets) => optim.l2Loss(logits, targets),
    squared_error: (logits, _ids, targets) => optim.squaredError(logits, targets),
    huber_loss: (logits, _ids, targets) => optim.huberLoss(logits, targets, { delta: 0.7 }),
    log_cosh: (logits, _ids, targets) => optim.logCosh(logits, targets),
    cosine_similarity: (logits, _ids, targets) => optim.cosineSimilarity(logits, targets),
    hinge_loss: (logits, _ids, _targets, hot) => optim.hingeLoss(logits, sub(mul(hot, 2), 1)),
    kl_divergence: (logits, _ids, targets) => optim.klDivergence(logSoftmax(logits), softmax(targets)),
    smooth_labels: (_logits, _ids, _targets, hot) => optim.smoothLabels(hot, 0.1),
  };
  const recorded = cases.filter(({ loss }) => loss !== undefined);

  it('are all there', () => {
    expect(recorded.map(({ loss }) => loss).sort()).to.deep.equal(Object.keys(calls).sort());
  });
  for (const { loss, value } of recorded) {
    it(loss!, () => {
      const actual = tidy(() => {
        const ids = stored('ids');
        const hot = oneHot(ids, 5);
        return calls[loss!](
          stored('logits'),
          ids,
          stored('targets'),
          tensor(hot.dataSync(), hot.shape, 'float32'),
        );
      });
      const expected = value as ArrayReference;
      expect(actual.shape).to.deep.equal(expected.shape);
      expectClose(actual, goldenValues(array(expected)), tolerances.optimizer, loss);
      actual.dispose();
    });
  }
});

describe('utilities, against Optax', () => {
  it('incrementalUpdate', () => {
    const inputs = byId('inputs');
    const [grads, params] = [tensors(inputs.grads![0]), tensors(inputs.params)];
    const averaged = optim.incrementalUpdate(grads, params, 0.1);
    expectTree(averaged, byId('incremental_update').value, 'incrementalUpdate');
    dispose([grads, params, averaged]);
  });
  it('globalNorm', () => {
    const grads = tensors(byId('inputs').grads![0]);
    const norm = optim.globalNorm(grads);
    expectClose(norm, goldenValues(array(byId('global_norm').value as ArrayReference)), tolerances.optimizer);
    dispose([grads, norm]);
  });
});
