import {
  add,
  grad,
  matMul,
  memory,
  mul,
  ones,
  randomNormal,
  reshape,
  sum,
  tidy,
  train,
  zeros,
  avgPool,
  argMax,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, layerJaxModelWrapper, signature, type JaxLayerOptions } from '../../src/wrapper/index.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, modelOf } from './support/fit.js';

type Seen = { training: boolean; key: number[] | null }[];

/** A layer that counts its calls and notes what it was given. */
function counting(options: Partial<JaxLayerOptions> = {}): {
  layer: JaxLayer;
  seen: Seen;
  count: () => number;
} {
  const seen: Seen = [];
  const callFn = signature(
    ['params', 'state', 'rng', 'inputs', 'training'],
    (
      params: { w: Tensor },
      state: { n: Tensor },
      rng: hk.PRNGKey | null,
      inputs: Tensor,
      training: boolean,
    ) => {
      seen.push({ training, key: rng && [...rng] });
      return [mul(inputs, params.w), { n: add(state.n, 1) }];
    },
  );
  const layer = new JaxLayer({ callFn, params: { w: 2 }, state: { n: 0 }, seed: 3, ...options });
  return { layer, seen, count: () => (layer.state as { n: Tensor }).n.dataSync()[0] };
}

describe('a wrapper layer on tfjs-layers', () => {
  it('runs once a batch, writes state on every call, draws keys in training alone', async () => {
    const { layer, seen, count } = counting();
    const model = modelOf(layer, [3]);
    const optimizer = train.sgd(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    expect([count(), layer.seedState]).to.deep.equal([0, [3, 0]]);
    seen.length = 0;
    const [x, y] = [ones([4, 3]), zeros([4, 3])];
    await model.fit(x, y, { batchSize: 2, shuffle: false });
    expect(seen).to.deep.equal([
      { training: true, key: [3, 0] },
      { training: true, key: [3, 1] },
    ]);
    expect([count(), layer.seedState]).to.deep.equal([2, [3, 2]]);
    hk.tree.dispose(model.evaluate(x, y, { batchSize: 2 }));
    expect(count()).to.equal(4);
    hk.tree.dispose(model.predict(x, { batchSize: 2 }));
    expect(count()).to.equal(6);
    await model.trainOnBatch(x, y);
    expect([count(), layer.seedState]).to.deep.equal([7, [3, 3]]);
    hk.tree.dispose(model.predictOnBatch(x));
    hk.tree.dispose(model.apply(x));
    expect([count(), layer.seedState]).to.deep.equal([9, [3, 3]]);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('freezes gradients, but neither training nor state', async () => {
    const { layer, seen, count } = counting();
    layer.trainable = false;
    const model = modelOf(layer, [3]);
    model.add(tfl.layers.dense({ units: 1 }));
    const optimizer = train.sgd(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).to.deep.equal([0, 2]);
    const [x, y] = [ones([2, 3]), zeros([2, 1])];
    seen.length = 0;
    await model.fit(x, y);
    expect(seen).to.deep.equal([{ training: true, key: [3, 0] }]);
    expect((layer.params as { w: Tensor }).w.dataSync()[0]).to.equal(2);
    expect(count()).to.equal(1);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('runs once for several outputs, in training and in inference, whichever of them is asked for', async () => {
    let calls = 0;
    const callFn = signature(['params', 'state', 'inputs'], (p: { w: Tensor }, state: Tensor, x: Tensor) => {
      calls++;
      return [{ a: mul(x, p.w), b: [add(x, p.w), sum(x, 1, true)] }, add(state, 1)];
    });
    const layer = new JaxLayer({ callFn, params: { w: 2 }, state: 0 });
    const input = tfl.input({ shape: [3] });
    const outputs = layer.apply<{ a: tfl.SymbolicTensor; b: tfl.SymbolicTensor[] }>(input);
    expect([outputs.a.shape, outputs.b[1].shape]).to.deep.equal([
      [null, 3],
      [null, 1],
    ]);
    const model = tfl.model({ inputs: input, outputs: [outputs.a, ...outputs.b] });
    const optimizer = train.sgd(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const x = ones([2, 3]);
    const targets = [zeros([2, 3]), zeros([2, 3]), zeros([2, 1])];
    calls = 0;
    await model.fit(x, targets);
    expect(calls).to.equal(1);
    hk.tree.dispose(model.predict(x));
    expect(calls).to.equal(2);
    // The same tensor twice is two runs, in one tidy scope too.
    tidy(() => {
      model.apply(x);
      model.apply(x);
      layer.apply(x);
      layer.apply(x);
    });
    expect(calls).to.equal(6);
    const part = tfl.model({ inputs: input, outputs: outputs.b[0] });
    hk.tree.dispose([part.predict(x), part.predict(x)]);
    expect(calls).to.equal(8);
    expect((layer.state as Tensor).dataSync()[0]).to.equal(8);
    const eager = layer.apply<{ a: Tensor; b: Tensor[] }>(x);
    expect(eager.b).to.have.length(2);
    hk.tree.dispose([x, targets, eager]);
    disposeAll(model, optimizer);
  });

  it('takes values in the nesting of a list after it was applied to symbols', () => {
    const callFn = signature(['inputs'], ([a, b]: [Tensor, Tensor]) => ({
      sum: add(a, b),
      product: mul(a, b),
    }));
    const layer = new JaxLayer({ callFn });
    const inputs = [tfl.input({ shape: [1] }), tfl.input({ shape: [1] })];
    const outputs = layer.apply<Record<string, tfl.SymbolicTensor>>(inputs);
    const model = tfl.model({ inputs, outputs: [outputs.sum, outputs.product] });
    const values = [ones([1, 1]), ones([1, 1])];
    const eager = layer.apply<Record<string, Tensor>>(values);
    expect(Object.keys(eager)).to.deep.equal(['sum', 'product']);
    const predicted = model.predict(values) as Tensor[];
    expect(predicted.map((y) => y.dataSync()[0])).to.deep.equal([2, 1]);
    hk.tree.dispose([values, eager, predicted]);
    model.dispose();
  });

  it('moves state once for each place of a shared layer, and runs inside nested models', () => {
    const { layer, count } = counting();
    const input = tfl.input({ shape: [3] });
    const model = tfl.model({ inputs: input, outputs: layer.apply(layer.apply(input)) });
    const outer = tfl.model({ inputs: input, outputs: model.apply(input) as tfl.SymbolicTensor });
    const x = ones([1, 3]);
    const y = outer.predict(x) as Tensor;
    expect([...y.dataSync()]).to.deep.equal([4, 4, 4]);
    expect(count()).to.equal(2);
    hk.tree.dispose([x, y]);
    outer.dispose();
    // Applied twice, and freed once by its model.
    layer.dispose();
  });

  it('infers shapes and dtypes as Keras does, and beyond a stride', () => {
    const shapeOf = (fn: (x: never) => unknown, shape: (number | null)[]): unknown => {
      const layer = new JaxLayer({ callFn: signature(['inputs'], fn) });
      const [batch, ...rest] = shape;
      const input = tfl.input({ batchShape: [batch, ...rest] });
      const symbolic = layer.apply(input);
      return [symbolic.shape, symbolic.dtype];
    };
    const x = (f: (x: Tensor) => unknown) => f;
    expect(
      shapeOf(
        x((t) => reshape(t, [t.shape[0], -1])),
        [null, null, 4],
      ),
    ).to.deep.equal([[null, null], 'float32']);
    expect(
      shapeOf(
        x((t) => reshape(t, [-1, 4])),
        [null, null, 4],
      ),
    ).to.deep.equal([[null, 4], 'float32']);
    expect(
      shapeOf(
        x((t) => sum(t)),
        [null, 4],
      ),
    ).to.deep.equal([[], 'float32']);
    expect(
      shapeOf(
        x((t) => matMul(t as Tensor2D, t as Tensor2D, true)),
        [null, 4],
      ),
    ).to.deep.equal([[4, 4], 'float32']);
    expect(
      shapeOf(
        x((t) => argMax(t, 1)),
        [null, 4],
      ),
    ).to.deep.equal([[null], 'int32']);
    expect(
      shapeOf(
        x((t) => t),
        [5, 4],
      ),
    ).to.deep.equal([[5, 4], 'float32']);
    expect(
      shapeOf(
        x((t) => avgPool(t as Tensor4D, 8, 8, 'valid')),
        [null, null, null, 1],
      ),
    ).to.deep.equal([[null, null, null, 1], 'float32']);
  });

  it('wraps the error of a model whose shapes cannot be inferred, and takes an explicit shape', () => {
    const callFn = signature(['inputs'], (x: Tensor) => reshape(x, [-1, 7]));
    const error = expectTanka('wrapper-shape-unknown', () =>
      new JaxLayer({ callFn, name: 'seven' }).apply(tfl.input({ shape: [3] })),
    );
    expect(error.message).to.match(
      /^Could not automatically infer the output shape \/ dtype of 'seven' \(of type JaxLayer\)/,
    );
    expect(error.cause).to.be.instanceOf(Error);
    const layer = new JaxLayer({ callFn, outputShape: [null, 7] });
    expect(layer.apply(tfl.input({ shape: [3] })).shape).to.deep.equal([null, 7]);
  });

  it('probes with values that are no source of NaN, without key or write', () => {
    const { layer, seen, count } = counting();
    const values: number[] = [];
    layer.apply(tfl.input({ shape: [3] }));
    const probe = new JaxLayer({
      callFn: signature(['inputs'], (x: Tensor) => {
        values.push(...x.dataSync());
        return x;
      }),
    });
    probe.apply(tfl.input({ shape: [1] }));
    expect(new Set(values)).to.deep.equal(new Set([1]));
    expect(seen.every(({ training, key }) => !training && key === null)).to.equal(true);
    expect([count(), layer.seedState]).to.deep.equal([0, [3, 0]]);
    layer.dispose();
  });

  it('refuses promises wherever a value belongs', () => {
    const rejected = (): Promise<never> => Promise.reject(new Error('nobody awaits this'));
    const callFn = signature(['params', 'inputs'], (_p: unknown, x: Tensor) => x);
    const x = ones([1, 3]);
    expectTanka('wrapper-promise', () => new JaxLayer({ callFn, params: rejected() }));
    expectTanka('wrapper-promise', () => new JaxLayer({ callFn, params: { a: [rejected()] } }));
    expectTanka('wrapper-promise', () => {
      const layer = new JaxLayer({ callFn, params: {} });
      layer.build([null, 3]);
      layer.fromParams(rejected());
    });
    expectTanka('wrapper-promise', () => new JaxLayer({ callFn, params: {} }).apply(rejected() as never));
    expectTanka('wrapper-promise', () => layerJaxModelWrapper(rejected() as never, { callFn, params: {} }));
    const asynchronous = signature(['inputs'], rejected);
    expectTanka('wrapper-promise', () => new JaxLayer({ callFn: asynchronous }).apply(x));
    expectTanka('wrapper-promise', () => new JaxLayer({ callFn, initFn: asynchronous }).apply(x));
    x.dispose();
  });

  it('refuses objects of the wrong kind', () => {
    const options = { callFn: signature(['inputs'], (x: Tensor) => x) };
    const input = tfl.input({ shape: [3] });
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.dropout({ rate: 0.5 }).apply(input) as tfl.SymbolicTensor,
    });
    expectTanka('wrapper-inputs-invalid', () => layerJaxModelWrapper(model as never, options));
    for (const wrong of [new Date(), new Map(), 'text', {}, [], true, () => 0]) {
      expectTanka('wrapper-inputs-invalid', () => layerJaxModelWrapper(wrong as never, options));
    }
    const x = ones([1, 3]);
    expectTanka('wrapper-inputs-invalid', () => layerJaxModelWrapper([x, input] as never, options));
    expectTanka('wrapper-dtype-unsupported', () => new JaxLayer({ ...options, dtype: 'float16' as never }));
    expectTanka(
      'wrapper-function-invalid',
      () => new JaxLayer({ callFn: class extends hk.Module {} as never }),
    );
    const pair = hk.transform((t: Tensor) => t);
    expectTanka('wrapper-function-invalid', () => new JaxLayer({ callFn: pair as never }));
    expectTanka('wrapper-function-invalid', () => new JaxLayer({ callFn: pair.init, initFn: pair.apply }));
    expectTanka('wrapper-signature-argument', () => signature(['inputs', 'inputs'], () => 0));
    const callFn = signature(['params', 'state', 'inputs'], (_p: unknown, s: unknown, t: Tensor) => [t, s]);
    expectTanka('wrapper-init-missing', () => new JaxLayer({ callFn, params: {}, strict: true }));
    const gone = ones([1]);
    gone.dispose();
    for (const leaf of [new BigInt64Array(1), new Map(), new Set(), input]) {
      expectTanka('wrapper-leaf-invalid', () => new JaxLayer({ callFn, params: { leaf } }));
    }
    expectTanka('tensor-disposed', () => new JaxLayer({ callFn, params: { gone } }));
    expectTanka('tensor-disposed', () => new JaxLayer(options).apply({ gone }));
    expectTanka('wrapper-signature-argument', () => signature('inputs' as never, () => 0));
    const nothing = signature(['rng', 'inputs'], () => undefined);
    expectTanka('wrapper-init-result', () => new JaxLayer({ callFn, initFn: nothing }).build([1]));
    const wrongOutput = new JaxLayer({ callFn: signature(['inputs'], () => ({ a: 'text' })) });
    expectTanka('wrapper-output-invalid', () => wrongOutput.apply(x));
    x.dispose();
    model.dispose();
  });

  it('cannot be built while a gradient is recorded', () => {
    const callFn = signature(['params', 'inputs'], (p: { w: Tensor }, x: Tensor) => mul(x, p.w));
    const layer = new JaxLayer({ callFn, params: { w: 2 } });
    const x = ones([1, 3]);
    expectTanka('wrapper-build-in-gradient', () => grad((t) => sum(layer.apply(t)))(x));
    layer.build([null, 3]);
    const dx = grad((t) => sum(layer.apply(t)))(x);
    expect([...dx.dataSync()]).to.deep.equal([2, 2, 2]);
    hk.tree.dispose([x, dx]);
    layer.dispose();
  });

  it('orders weights as JAX does, and names them by their place', () => {
    const callFn = signature(['params', 'inputs'], (_p: unknown, x: Tensor) => x);
    const params = { b: 1, a: 1, B: 1, _: 1, '10': 1, '9': 1, é: 1, '~/x': [1, { y: 1 }], none: null };
    const layer = new JaxLayer({ callFn, params, name: 'ordered' });
    layer.build([null, 1]);
    expect(layer.weights.map(({ originalName }) => originalName)).to.deep.equal(
      ['10', '9', 'B', '_', 'a', 'b', '-7e--2f-x.0', '-7e--2f-x.1.y', '-e9-'].map(
        (name) => `ordered/params.${name}`,
      ),
    );
    layer.dispose();
  });

  it('makes weights of what can be one, with the dtypes of the leaves', () => {
    const callFn = signature(['params', 'inputs'], (params: Record<string, unknown>, x: Tensor) => {
      expect(params.text).to.equal('kept');
      expect(params.none).to.equal(null);
      expect(params.key).to.deep.equal(Uint32Array.of(1, 4294967295));
      return x;
    });
    const params = {
      float: 1.5,
      bool: true,
      floats: new Float64Array(2),
      ints: new Int32Array(2),
      bytes: new Uint8Array(2),
      key: Uint32Array.of(1, 4294967295),
      text: 'kept',
      none: null,
    };
    const layer = new JaxLayer({ callFn, params });
    const x = ones([1, 1]);
    hk.tree.dispose([layer.apply(x), x]);
    const dtypes = Object.fromEntries(
      layer.weights.map((w) => [w.originalName.replace(/^.*\./, ''), [w.dtype, w.trainable]]),
    );
    expect(dtypes).to.deep.equal({
      float: ['float32', true],
      floats: ['float32', true],
      bool: ['bool', false],
      ints: ['int32', false],
      bytes: ['int32', false],
      key: ['int32', false],
    });
    const copies = layer.toParams() as { key: unknown };
    expect(copies.key).to.deep.equal(Uint32Array.of(1, 4294967295));
    hk.tree.dispose(copies);
    layer.dispose();
  });

  it('the same seed makes the same parameters', () => {
    const { init, apply } = hk.transform((x: Tensor2D) => new hk.Linear(3).call(x));
    const weights = [1, 1, 2].map((seed) => {
      const layer = new JaxLayer({ callFn: apply, initFn: init, seed });
      layer.build([null, 2]);
      const values = [...(layer.params as hk.Params).linear.w.dataSync()];
      layer.dispose();
      return values;
    });
    expect(weights[0]).to.deep.equal(weights[1]);
    expect(weights[0]).not.to.deep.equal(weights[2]);
    const expected = tidy(() => init(hk.random.foldIn(hk.random.key(1), 0x696e6974), ones([1, 2])));
    expect(weights[0]).to.deep.equal([...expected.linear.w.dataSync()]);
    hk.tree.dispose(expected);
  });

  it('keeps memory level over 200 training batches', async () => {
    const pair = hk.transformWithState((x: Tensor2D, training: boolean) => {
      const h = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(
        new hk.Linear(4).call(x),
        training,
      );
      return new hk.Linear(1).call(training ? hk.dropout(hk.nextRngKey(), 0.2, h) : h);
    });
    const model = modelOf(new JaxLayer({ callFn: pair.apply, initFn: pair.init }), [3]);
    const optimizer = train.adam(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [randomNormal([400, 3]), randomNormal([400, 1])];
    await model.fit(x, y, { batchSize: 200, shuffle: false });
    const before = memory().numTensors;
    await model.fit(x, y, { batchSize: 2, epochs: 1, shuffle: false });
    expect(memory().numTensors).to.equal(before);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('stands between the layers of the documented page, sequential and functional', async () => {
    const double = (): JaxLayer => new JaxLayer({ callFn: signature(['inputs'], (t: Tensor) => mul(t, 2)) });
    const { layers } = tfl;
    const model = tfl.sequential({
      layers: [
        layers.inputLayer({ inputShape: [8, 8, 1] }),
        layers.zeroPadding2d({ padding: 1 }),
        double(),
        layers.conv2d({ filters: 2, kernelSize: 3 }),
        double(),
        layers.batchNormalization(),
        double(),
        layers.activation({ activation: 'relu' }),
        double(),
        layers.averagePooling2d({ poolSize: 2 }),
        double(),
        layers.upSampling2d({}),
        double(),
        layers.maxPooling2d({ poolSize: 2 }),
        double(),
        layers.dropout({ rate: 0.1 }),
        double(),
        layers.reshape({ targetShape: [16, 2] }),
        double(),
        layers.permute({ dims: [2, 1] }),
        double(),
        layers.timeDistributed({ layer: double() }),
        layers.layerNormalization(),
        double(),
        layers.flatten(),
        double(),
        layers.dense({ units: 3 }),
      ],
    });
    const optimizer = train.sgd(1e-4);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [randomNormal([4, 8, 8, 1]), zeros([4, 3])];
    const { history } = await model.fit(x, y);
    expect(Number.isFinite(history.loss[0])).to.equal(true);
    model.summary(undefined, undefined, () => undefined);

    const [a, b] = [tfl.input({ shape: [3] }), tfl.input({ shape: [3] })];
    const merged = [
      layers.add(),
      layers.multiply(),
      layers.average(),
      layers.maximum(),
      layers.minimum(),
      layers.concatenate(),
    ].map((layer) =>
      double().apply(layer.apply([a, b].map((input) => double().apply(input))) as tfl.SymbolicTensor),
    );
    const functional = tfl.model({ inputs: [a, b], outputs: merged });
    const values = [ones([1, 3]), ones([1, 3])];
    const results = functional.predict(values) as Tensor[];
    expect(results.map((t) => t.dataSync()[0])).to.deep.equal([8, 8, 4, 4, 4, 4]);
    hk.tree.dispose([x, y, values, results]);
    functional.dispose();
    disposeAll(model, optimizer);
  });
});
