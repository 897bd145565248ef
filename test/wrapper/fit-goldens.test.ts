import {
  add,
  div,
  matMul,
  softmax,
  tanh,
  train,
  where,
  zerosLike,
  type Optimizer,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, signature, type JaxLayerOptions } from '../../src/wrapper/index.js';
import { expectBits, expectClose } from '../support/compare.js';
import { onEachBackend } from './support/backends.js';
import { disposeAll, fitSteps, modelOf } from './support/fit.js';
import { itMatches, manifest } from './support/golden-trees.js';

/** Five steps of training multiply the error of one. */
const TOLERANCE = 1e-4;

type List = [w: Tensor2D, b: Tensor][];

const plain = signature(['params', 'inputs'], (params: List, inputs: Tensor2D) => {
  const hidden = params.slice(0, -1).reduce((h, [w, b]) => tanh(add(matMul(h, w), b)), inputs);
  const [w, b] = params[params.length - 1];
  return add(matMul(hidden, w), b);
});

const mlp = hk.transform((x: Tensor2D) => new hk.nets.MLP([16, 1], { activation: tanh }).call(x));

const batchNormed = hk.transformWithState((x: Tensor2D, training: boolean) => {
  let h: Tensor = new hk.Linear(8).call(x);
  h = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(h, training);
  return new hk.Linear(3).call(hk.nn.relu(h));
});

const convolutional = hk.transform((x: Tensor4D) => {
  let h: Tensor = hk.nn.relu(new hk.Conv2D(4, [3, 3]).call(x));
  h = new hk.AvgPool([1, 2, 2, 1], [1, 2, 2, 1], 'VALID').call(h);
  h = tanh(new hk.Conv2D(5, [3, 3], { stride: 2, padding: 'SAME' }).call(h));
  return hk.nn.softmax(new hk.Linear(3).call(new hk.Flatten().call(h)));
});

const dropping = signature(
  ['params', 'rng', 'inputs', 'training'],
  (params: { w1: Tensor2D; w2: Tensor2D }, rng: hk.PRNGKey, inputs: Tensor2D, training: boolean) => {
    let h = tanh(matMul(inputs, params.w1));
    if (training) {
      const keep = hk.random.bernoulli(rng, 0.7, h.shape);
      h = where(keep, div(h, 0.7), zerosLike(h));
    }
    return matMul(h, params.w2);
  },
);

interface Case {
  readonly name: string;
  readonly options: Omit<JaxLayerOptions, 'params' | 'state'>;
  readonly tree?: 'haiku' | 'nested';
  readonly optimizer?: () => Optimizer;
  readonly loss?: string;
  readonly state?: boolean;
}

const cases: Case[] = [
  { name: 'c1_fit_haiku_mlp_sgd', options: { callFn: hk.withoutApplyRng(mlp).apply }, tree: 'haiku' },
  { name: 'c1b_fit_plain_lists_sgd', options: { callFn: plain } },
  {
    name: 'c1c_fit_plain_adam',
    options: { callFn: plain },
    optimizer: () => train.adam(0.01, 0.9, 0.999, 1e-7),
  },
  {
    name: 'c1d_fit_plain_momentum',
    options: { callFn: plain },
    optimizer: () => train.momentum(0.05, 0.9),
  },
  {
    name: 'c1e_fit_softmax_xent',
    options: {
      callFn: signature(['params', 'inputs'], (params: List, x: Tensor2D) => softmax(plain(params, x))),
    },
    loss: 'categoricalCrossentropy',
  },
  {
    name: 'c2_fit_haiku_bn_sgd',
    options: { callFn: batchNormed.apply, seed: 11 },
    tree: 'haiku',
    state: true,
  },
  { name: 'c3_fit_dropout_recorded', options: { callFn: dropping, seed: 77 } },
  {
    name: 'c6_fit_haiku_cnn',
    options: { callFn: hk.withoutApplyRng(convolutional).apply },
    tree: 'haiku',
    loss: 'categoricalCrossentropy',
  },
];

/** A layer that notes the keys it hands out. */
class NotingLayer extends JaxLayer {
  readonly keys: number[][] = [];

  protected override getCallKey(training: boolean): hk.PRNGKey | null {
    const key = super.getCallKey(training);
    if (key !== null) this.keys.push([...key]);
    return key;
  }
}

/** The places of the weights in the trees, in the order of the weights. */
function placesOfWeights(layer: JaxLayer): string[] {
  const places = new Map(
    (['params', 'state'] as const).flatMap((root) =>
      hk.tree
        .leavesWithPath(layer[root] as hk.Params)
        .map(({ path, leaf }) => [leaf as unknown, [root, ...path].join('/')] as const),
    ),
  );
  return layer.weights.map((weight) => places.get(weight.read()) ?? 'nowhere');
}

onEachBackend('training as Keras did', () => {
  for (const { name, options, tree = 'nested', optimizer = () => train.sgd(0.05), loss, state } of cases) {
    itMatches(name, async (golden) => {
      const facts = manifest.cases[name];
      const [x, y] = [golden.tensor('in/x'), golden.tensor('in/y')];
      const layer = new NotingLayer({
        ...options,
        params: golden[tree]('step0/params'),
        ...(state ? { state: golden[tree]('step0/state') } : {}),
      });
      const model = modelOf(layer, x.shape.slice(1));
      if (facts.weights !== undefined) {
        expect(placesOfWeights(layer)).to.deep.equal(facts.weights.map(({ tree_path }) => tree_path));
      }
      const used = optimizer();
      model.compile({ optimizer: used, loss: loss ?? 'meanSquaredError' });
      const before = model.predict(x) as Tensor;
      expectClose(before, golden.values('out/before'), TOLERANCE, 'out/before');

      const losses = await fitSteps(model, [x, y], 5, (step) => {
        for (const root of ['params', 'state'] as const) {
          for (const { path, leaf } of hk.tree.leavesWithPath(layer[root] as hk.Params)) {
            const array = `step${step}/${root}/${path.join('/')}`;
            expectClose(leaf, golden.values(array), TOLERANCE, array);
          }
        }
      });

      expectClose(Float32Array.from(losses), golden.values('out/losses'), TOLERANCE, 'losses');
      expectClose(
        Float32Array.from(losses),
        Float32Array.from(facts.losses ?? []),
        TOLERANCE,
        'losses of the manifest',
      );
      expect(layer.keys).to.deep.equal(facts.rng_keys_per_step);
      const loss5 = model.evaluate(x, y, { batchSize: x.shape[0] }) as Tensor;
      expectClose(loss5, Float32Array.of(facts.evaluate_after as number), TOLERANCE, 'evaluate_after');
      const after = model.predict(x) as Tensor;
      expectClose(after, golden.values('out/after'), TOLERANCE, 'out/after');
      expect(golden.names('step5/params')).to.have.length(layer.trainableWeights.length);
      hk.tree.dispose([before, after, loss5]);
      disposeAll(model, used);
    });
  }

  itMatches('c3_masks', (golden) => {
    for (let step = 1; step <= 5; step++) {
      const keep = hk.random.bernoulli(Uint32Array.of(77, step - 1), 0.7, [8, 6]);
      expectBits(keep, golden.values(`mask/step${step}`));
      keep.dispose();
    }
  });
});
