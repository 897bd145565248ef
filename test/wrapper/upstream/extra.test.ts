import {
  add,
  gather,
  mean,
  mul,
  ones,
  tensor2d,
  tidy,
  train,
  zeros,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { JaxLayer, registerSerializable, signature } from '../../../src/wrapper/index.js';
import { onEachBackend } from '../support/backends.js';
import { expectTanka } from '../support/errors.js';
import { disposeAll, modelOf } from '../support/fit.js';
import { layerOfClass, reload } from '../support/reload.js';

const counting = signature(['params', 'state', 'inputs'], (p: { w: Tensor }, s: { n: Tensor }, x: Tensor) => [
  mul(x, p.w),
  { n: add(s.n, 1) },
]);

function count(layer: JaxLayer): number {
  return (layer.state as { n: Tensor }).n.dataSync()[0];
}

const dropping = hk.transform((x: Tensor2D, training: boolean) =>
  training ? hk.dropout(hk.nextRngKey(), 0.5, new hk.Linear(4).call(x)) : new hk.Linear(4).call(x),
);
registerSerializable('extra>dropping.apply', dropping.apply);
registerSerializable('extra>dropping.init', dropping.init);

/** What Keras does not test, and specifies by what it does. */
onEachBackend('cases beside those of Keras', () => {
  it('1 state moves in predict and evaluate, once a batch', () => {
    const layer = new JaxLayer({ callFn: counting, params: { w: 1 }, state: { n: 0 } });
    const model = modelOf(layer, [2]);
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [ones([6, 2]), zeros([6, 2])];
    hk.tree.dispose(model.predict(x, { batchSize: 2 }));
    expect(count(layer)).to.equal(3);
    hk.tree.dispose(model.evaluate(x, y, { batchSize: 3 }));
    expect(count(layer)).to.equal(5);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('2 a frozen layer before a head: its weights stay, its state moves, the head learns', async () => {
    const layer = new JaxLayer({ callFn: counting, params: { w: 2 }, state: { n: 0 }, trainable: false });
    const model = modelOf(layer, [2]);
    model.add(tfl.layers.dense({ units: 1, kernelInitializer: 'ones', useBias: false }));
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [ones([2, 2]), zeros([2, 1])];
    await model.fit(x, y);
    expect((layer.params as { w: Tensor }).w.dataSync()[0]).to.equal(2);
    expect(count(layer)).to.equal(1);
    // Output 4, gradient of the square 8, times the input 2 and the rate 0.1.
    for (const value of model.layers[2].getWeights()[0].dataSync())
      expect(value).to.be.closeTo(1 - 1.6, 1e-6);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('3 seed and counter come back from a file: the next masks are those of the run that was not stopped', async () => {
    const model = modelOf(new JaxLayer({ callFn: dropping.apply, initFn: dropping.init, seed: 9 }), [3]);
    const x = ones([2, 3]);
    (model.apply(x, { training: true }) as Tensor).dispose();
    const loaded = await reload(model);
    const next = [model, loaded].map((each) => each.apply(x, { training: true }) as Tensor);
    expect([...next[0].dataSync()]).to.deep.equal([...next[1].dataSync()]);
    hk.tree.dispose([next, x]);
    for (const each of [model, loaded]) each.dispose();
  });

  it('4 closures of a pair save and load by the names they were given', async () => {
    const layer = new JaxLayer({ callFn: dropping.apply, initFn: dropping.init });
    const model = modelOf(layer, [3]);
    const loaded = await reload(model);
    const again = layerOfClass(loaded, JaxLayer);
    expect([again.callFn, again.initFn]).to.deep.equal([dropping.apply, dropping.init]);
    for (const each of [model, loaded]) each.dispose();
  });

  it('5 integers reach init_fn as integers', async () => {
    const embedding = hk.transform((ids: Tensor2D) =>
      mean(new hk.Embed({ vocabSize: 5, embedDim: 3 }).call(ids), 1),
    );
    const layer = new JaxLayer({ callFn: embedding.apply, initFn: embedding.init, seed: 1 });
    const model = modelOf(layer, [4], 'int32');
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const ids = tensor2d([0, 1, 2, 3, 4, 3, 2, 1], [2, 4], 'int32');
    const { embed } = layer.toParams() as { embed: { embeddings: Tensor2D } };
    const expected = tidy(() => mean(gather(embed.embeddings, ids), 1));
    const y = model.predict(ids) as Tensor;
    expect([...y.dataSync()]).to.deep.equal([...expected.dataSync()]);
    await model.fit(ids, y);
    hk.tree.dispose([ids, y, embed, expected]);
    disposeAll(model, optimizer);
  });

  it('6 several outputs and state: one run a batch, in training too', async () => {
    const callFn = signature(
      ['params', 'state', 'rng', 'inputs'],
      (p: { w: Tensor }, n: Tensor, _r: unknown, x: Tensor) => [[mul(x, p.w), add(x, p.w), x], add(n, 1)],
    );
    const layer = new JaxLayer({ callFn, params: { w: 2 }, state: 0, seed: 4 });
    const input = tfl.input({ shape: [2] });
    const outputs = layer.apply<tfl.SymbolicTensor[]>(input);
    const model = tfl.model({ inputs: input, outputs });
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [ones([4, 2]), zeros([4, 2])];
    await model.fit(x, [y, y, y], { batchSize: 2 });
    hk.tree.dispose(model.predict(x, { batchSize: 2 }));
    expect([(layer.state as Tensor).dataSync()[0], layer.seedState]).to.deep.equal([4, [4, 2]]);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('7 an init_fn that returns an object of two keys for a model with state is refused', () => {
    const layer = new JaxLayer({
      callFn: counting,
      initFn: signature(['rng', 'inputs'], () => ({ a: 1, b: 2 })),
    });
    expectTanka('wrapper-init-result', () => {
      layer.build([null, 2]);
    });
    layer.dispose();
  });
});
