import { readdirSync, readFileSync } from 'node:fs';
import {
  clone,
  keep,
  mean,
  mul,
  square,
  sub,
  tidy,
  train,
  zeros,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { callKey, checkSeed, initKey } from '../../src/wrapper/keys.js';
import { readTree, writeTree, type LeafTree } from '../../src/wrapper/leaves.js';
import { ModelFunction, type ModelFunctionOptions } from '../../src/wrapper/model-function.js';
import { inferOutputs, placeholder, type TensorSpec } from '../../src/wrapper/output-specs.js';
import { readOutputs } from '../../src/wrapper/outputs.js';
import { newStateValues } from '../../src/wrapper/state.js';
import { tensorIdMark } from '../../src/backend/engine.js';
import { JaxLayer } from '../../src/wrapper/index.js';
import { expectClose } from '../support/compare.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, fitSteps, modelOf } from './support/fit.js';

/** A host without a framework of layers: it owns its tensors and trains by `hk.valueAndGrad`. All of it uses the core alone. */
class PlainHost {
  readonly #model: ModelFunction;
  readonly #seed: number;
  #params: LeafTree | null = null;
  #state: LeafTree | null = null;
  #calls = 0;

  constructor({ seed, ...options }: ModelFunctionOptions & { seed: number }) {
    this.#model = new ModelFunction(options);
    this.#seed = checkSeed(seed);
  }

  /** Makes the parameters, and infers the shape of the output. */
  build(input: TensorSpec): readonly (number | null)[] {
    tidy(() => {
      const made = this.#model.init(initKey(this.#seed), placeholder(input));
      [this.#params, this.#state] = [
        kept(readTree(made.params, 'params')),
        kept(readTree(made.state, 'state')),
      ];
    });
    const run = ([inputs]: Tensor[]) => {
      const mark = tensorIdMark();
      return readOutputs(this.#model.call(this.params, this.#stateTree, { inputs }).outputs, mark);
    };
    return inferOutputs([input], run, 'the plain host').specs[0].shape;
  }

  get params(): hk.Params {
    return writeTree(this.#params as LeafTree) as hk.Params;
  }

  get #stateTree(): unknown {
    return writeTree(this.#state as LeafTree);
  }

  call(inputs: Tensor, training = false, params: unknown = this.params): Tensor {
    const rng = training ? callKey(this.#seed, this.#calls++) : null;
    const result = this.#model.call(params, this.#stateTree, { rng, inputs, training });
    const values = newStateValues(result.state, this.#state, 'plain');
    const next = values.map((value) => keep(clone(value)));
    const old = this.#state as LeafTree;
    this.#state = {
      ...old,
      leaves: old.leaves.map((leaf, i) => ({ ...leaf, tensor: next[i] }) as typeof leaf),
    };
    for (const leaf of old.leaves) if (leaf.kind === 'tensor') leaf.tensor.dispose();
    return result.outputs as Tensor;
  }

  /** One step of gradient descent on the mean squared error. */
  step(x: Tensor, y: Tensor, rate: number): number {
    const [loss, gradient] = hk.valueAndGrad((params: hk.Params) =>
      mean(square(sub(this.call(x, true, params), y))),
    )(this.params);
    const next = hk.tree.map(
      (p: Tensor, g: Tensor) => tidy(() => sub(p, mul(g, rate))),
      this.params,
      gradient,
    );
    const value = loss.dataSync()[0];
    hk.tree.dispose([loss, gradient, this.params]);
    this.#params = kept(readTree(next, 'params'));
    hk.tree.dispose(next);
    return value;
  }

  dispose(): void {
    for (const tree of [this.#params, this.#state]) {
      for (const leaf of tree?.leaves ?? []) if (leaf.kind === 'tensor') leaf.tensor.dispose();
    }
  }
}

function kept(tree: LeafTree): LeafTree {
  for (const leaf of tree.leaves) if (leaf.kind === 'tensor') keep(leaf.tensor);
  return tree;
}

const net = hk.transformWithState((x: Tensor2D, training: boolean) => {
  const h = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(
    new hk.Linear(4).call(x),
    training,
  );
  return new hk.Linear(2).call(training ? hk.dropout(hk.nextRngKey(), 0.3, h) : h);
});

describe('the core of the wrapper layers', () => {
  it('knows no framework of layers', () => {
    const core = readdirSync('src/wrapper').filter((file) => file.endsWith('.ts') && file !== 'index.ts');
    expect(core.length).to.be.greaterThan(10);
    for (const file of core) {
      expect(readFileSync(`src/wrapper/${file}`, 'utf8'), file).not.to.match(/from '.*tfjs-layers/);
    }
  });

  it('carries another host: parameters, keys, state and losses are those of the layer', async () => {
    const host = new PlainHost({ callFn: net.apply, initFn: net.init, seed: 6 });
    expect(host.build({ shape: [null, 3], dtype: 'float32' })).to.deep.equal([null, 2]);
    const layer = new JaxLayer({ callFn: net.apply, initFn: net.init, seed: 6 });
    const model = modelOf(layer, [3]);
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const x = hk.random.normal(hk.random.key(1), [8, 3]);
    const y = zeros([8, 2]);

    const losses = await fitSteps(model, [x, y], 4);
    const own = losses.map(() => host.step(x, y, 0.1));
    expectClose(Float32Array.from(own), Float32Array.from(losses), 1e-5);
    for (const { path, leaf } of hk.tree.leavesWithPath(layer.params as hk.Params)) {
      expectClose(host.params[path[0]][path[1]], leaf.dataSync() as Float32Array, 1e-5, path.join('/'));
    }
    const [a, b] = [tidy(() => host.call(x)), layer.apply(x)];
    expectClose(a, b.dataSync() as Float32Array, 1e-5);
    hk.tree.dispose([x, y, a, b]);
    host.dispose();
    disposeAll(model, optimizer);
  });

  it('gives another host the same errors', () => {
    expectTanka('wrapper-init-missing', () => new PlainHost({ callFn: net.apply, seed: 1 }));
    expectTanka(
      'wrapper-seed-invalid',
      () => new PlainHost({ callFn: net.apply, initFn: net.init, seed: 0.5 }),
    );
    const plain = hk.transform((x: Tensor2D) => x);
    const host = new PlainHost({ callFn: net.apply, initFn: plain.init, seed: 1 });
    expectTanka('wrapper-init-result', () => host.build({ shape: [null, 3], dtype: 'float32' }));
  });
});
