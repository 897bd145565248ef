import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, registerSerializable, signature, type JaxLayerOptions } from '../../src/wrapper/index.js';
import { expectClose } from '../support/compare.js';
import { onEachBackend } from './support/backends.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, modelOf } from './support/fit.js';
import { layerOfClass, reload, saved } from './support/reload.js';

const run = promisify(execFile);

const scale = signature(['params', 'inputs'], (p: { w: tf.Tensor }, x: tf.Tensor) => tf.mul(x, p.w));
registerSerializable('traps>scale', scale);

/** Fits a layer for one step and hands the layer over. */
async function fitOnce(
  options: JaxLayerOptions,
  [x, y]: readonly [tf.Tensor, tf.Tensor],
  check: (layer: JaxLayer, logs: { loss: number }[]) => void,
  batchSize = x.shape[0],
): Promise<void> {
  const layer = new JaxLayer(options);
  const model = modelOf(layer, x.shape.slice(1));
  const optimizer = tf.train.sgd(0.1);
  const logs: { loss: number }[] = [];
  model.compile({ optimizer, loss: 'meanSquaredError' });
  await model.fit(x, y, {
    batchSize,
    shuffle: false,
    callbacks: {
      onBatchEnd: (_batch, log) => {
        logs.push({ loss: log!.loss });
      },
    },
  });
  check(layer, logs);
  hk.tree.dispose([x, y]);
  disposeAll(model, optimizer);
}

/** The gradient of a wrapped function of one tensor, by the layer's input. */
function gradientThrough(fn: (x: never) => tf.Tensor, x: tf.Tensor): Float32Array {
  const layer = new JaxLayer({ callFn: signature(['inputs'], fn) });
  layer.build(x.shape);
  const dx = tf.grad((t) => tf.sum(layer.apply(t)))(x);
  const values = dx.dataSync() as Float32Array;
  hk.tree.dispose([dx, x]);
  return values;
}

const warningsOf = async (body: () => Promise<void> | void): Promise<string[]> => {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => warnings.push(text);
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return warnings;
};

describe('traps of the host: what TensorFlow.js leaves out by itself', () => {
  it('1–3 gradients, methods of tensors, and a backend that is not ready', async () => {
    const { stdout } = await run('node', ['--import', 'tsx', 'test/wrapper/support/without-union.ts']);
    const result = JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, unknown>;
    expect(result).to.deep.include({
      gradients: [
        [1, 1, 1],
        [6, 3, 2],
      ],
      finite: true,
    });
    expect(result.early).to.include('await tf.ready()');
  });
});

onEachBackend('traps of the host: building', () => {
  it('4 build is synchronous: a promise is no tree of parameters', () => {
    const initFn = signature(['rng', 'inputs'], () => Promise.resolve({ w: 1 }));
    const layer = new JaxLayer({ callFn: scale, initFn });
    expectTanka('wrapper-promise', () => {
      layer.build([null, 2]);
    });
  });

  it('5 given parameters become weights in build, so that two layers of one model keep their names apart', async () => {
    const input = tfl.input({ shape: [2] });
    const layers = [1, 2].map((w) => new JaxLayer({ callFn: scale, params: { w }, name: `l${w}` }));
    const model = tfl.model({ inputs: input, outputs: layers[1].apply(layers[0].apply(input)) });
    const { weightSpecs } = await saved(model);
    expect(weightSpecs?.map(({ name }) => name)).to.deep.equal(['l1/params.w', 'l2/params.w']);
    const loaded = await reload(model);
    expect(loaded.getWeights().map((weight) => weight.dataSync()[0])).to.deep.equal([1, 2]);
    for (const each of [model, loaded]) each.dispose();
  });

  it('6 there is no uint32: keys are typed arrays, their bits are kept in int32 weights', () => {
    const key = Uint32Array.of(0xffffffff, 0x80000000);
    const seen: unknown[] = [];
    const callFn = signature(['state', 'inputs'], (state: { key: hk.PRNGKey }, x: tf.Tensor) => {
      seen.push(state.key);
      return [x, { key: hk.random.split(state.key)[0] }];
    });
    const layer = new JaxLayer({ callFn, state: { key } });
    const x = tf.ones([1]);
    hk.tree.dispose([layer.apply(x), layer.apply(x), x]);
    expect(seen).to.deep.equal([key, hk.random.split(key)[0]]);
    layer.dispose();
  });
});

onEachBackend('traps of the host: calling', () => {
  it('7 a model hands over an array: [x] and x are told apart all the same', () => {
    const seen: boolean[] = [];
    const callFn = signature(['inputs'], (inputs: tf.Tensor | tf.Tensor[]) => {
      seen.push(Array.isArray(inputs));
      return Array.isArray(inputs) ? inputs[0] : inputs;
    });
    const input = tfl.input({ shape: [2] });
    const x = tf.ones([1, 2]);
    for (const given of [input, [input]]) {
      const model = tfl.model({ inputs: input, outputs: new JaxLayer({ callFn }).apply(given) });
      seen.length = 0;
      hk.tree.dispose(model.predict(x));
      expect(seen).to.deep.equal([given !== input]);
      model.dispose();
    }
    x.dispose();
  });

  it('8 training is undefined in predict: the model gets a boolean', () => {
    const seen: unknown[] = [];
    const callFn = signature(
      ['inputs', 'training'],
      (x: tf.Tensor, training: boolean) => (seen.push(training), x),
    );
    const model = modelOf(new JaxLayer({ callFn }), [2]);
    const x = tf.ones([1, 2]);
    seen.length = 0;
    hk.tree.dispose([model.predict(x) as tf.Tensor, model.apply(x, { training: true }) as tf.Tensor]);
    expect(seen).to.deep.equal([false, true]);
    x.dispose();
    model.dispose();
  });

  it('9 training said to a symbolic call is said to nobody: the run decides, as Keras lets predict and fit', () => {
    const seen: unknown[] = [];
    const callFn = signature(
      ['inputs', 'training'],
      (x: tf.Tensor, training: boolean) => (seen.push(training), x),
    );
    const input = tfl.input({ shape: [2] });
    const output = new JaxLayer({ callFn }).apply(input, { training: true });
    const model = tfl.model({ inputs: input, outputs: output });
    const x = tf.ones([1, 2]);
    seen.length = 0;
    hk.tree.dispose([model.predict(x) as tf.Tensor, x]);
    expect(seen).to.deep.equal([false]);
    model.dispose();
  });

  it('10 shapes of outputs are no identity: they are found by running, unknown inner axes too', () => {
    const callFn = signature(['inputs'], (x: tf.Tensor) => tf.sum(tf.tile(x, [1, 2, 1]), 2));
    const output = new JaxLayer({ callFn }).apply(tfl.input({ shape: [null, 5] }));
    expect(output.shape).to.deep.equal([null, null]);
  });

  it('11 the dtype of an output is not that of the input', () => {
    const callFn = signature(['inputs'], (x: tf.Tensor) => tf.argMax(x, 1));
    expect(new JaxLayer({ callFn }).apply(tfl.input({ shape: [5] })).dtype).to.equal('int32');
  });

  it('12 weights keep their order when the layer is frozen', () => {
    const callFn = signature(['params', 'state', 'inputs'], (_p: unknown, s: unknown, x: tf.Tensor) => [
      x,
      s,
    ]);
    const layer = new JaxLayer({ callFn, params: { b: 1, a: 2 }, state: { c: 3 } });
    layer.build([null, 1]);
    const names = (): string[] => layer.weights.map(({ originalName }) => originalName.replace(/^.*\//, ''));
    const before = names();
    expect(before).to.deep.equal(['params.a', 'params.b', 'state.c']);
    layer.trainable = false;
    expect(names()).to.deep.equal(before);
    expect(layer.trainableWeights).to.deep.equal([]);
    layer.dispose();
  });

  it('13 a mask that the layer drops is not dropped in silence', async () => {
    const input = tfl.input({ shape: [3, 1] });
    const masked = tfl.layers.masking().apply(input) as tfl.SymbolicTensor;
    const model = tfl.model({
      inputs: input,
      outputs: new JaxLayer({ callFn: scale, params: { w: 1 } }).apply(masked),
    });
    const x = tf.ones([1, 3, 1]);
    const warnings = await warningsOf(() => {
      hk.tree.dispose([model.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor]);
    });
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('destroy the mask information');
    x.dispose();
    model.dispose();
  });

  it('14 inputs that are no flat list', () => {
    const callFn = signature(['inputs'], ({ a: [b, c] }: { a: [tf.Tensor, tf.Tensor] }) => ({
      d: tf.sub(b, c),
    }));
    const layer = new JaxLayer({ callFn });
    const [b, c] = [tf.ones([1]), tf.ones([1])];
    const { d } = layer.apply<{ d: tf.Tensor }>({ a: [b, c] });
    expect(d.dataSync()[0]).to.equal(0);
    hk.tree.dispose([b, c, d]);
  });
});

onEachBackend('traps of the host: training', () => {
  it('15 state that the forward pass reads and then overwrites leaves the gradient right', async () => {
    const callFn = signature(
      ['params', 'state', 'inputs'],
      (p: { w: tf.Tensor }, s: tf.Tensor, x: tf.Tensor) => [tf.mul(tf.mul(x, p.w), s), tf.add(s, 10)],
    );
    await fitOnce({ callFn, params: { w: 1 }, state: 3 }, [tf.ones([1, 1]), tf.zeros([1, 1])], (layer) => {
      // The output is 3 w: the gradient of its square is 18.
      expect((layer.params as { w: tf.Tensor }).w.dataSync()[0]).to.be.closeTo(1 - 1.8, 1e-6);
      expect((layer.state as tf.Tensor).dataSync()[0]).to.equal(13);
    });
  });

  it('16 a batch leaves no tensor behind', async () => {
    const callFn = signature(
      ['params', 'state', 'inputs'],
      (p: { w: tf.Tensor }, s: tf.Tensor, x: tf.Tensor) => [tf.mul(x, p.w), tf.add(s, 1)],
    );
    const layer = new JaxLayer({ callFn, params: { w: 1 }, state: 0 });
    const model = modelOf(layer, [2]);
    const optimizer = tf.train.adam(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [tf.ones([8, 2]), tf.zeros([8, 2])];
    const counts: number[] = [];
    await model.fit(x, y, {
      batchSize: 2,
      epochs: 2,
      callbacks: {
        onEpochEnd: () => {
          counts.push(tf.memory().numTensors);
        },
      },
    });
    expect(counts[1]).to.equal(counts[0]);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  it('17 a weight is written in its own dtype', async () => {
    const callFn = signature(['state', 'inputs'], (s: tf.Tensor, x: tf.Tensor) => [
      x,
      tf.add(tf.cast(s, 'float32'), 1.7),
    ]);
    await fitOnce({ callFn, state: Int32Array.of(1) }, [tf.ones([1, 1]), tf.ones([1, 1])], ({ weights }) => {
      expect([weights[0].dtype, weights[0].read().dataSync()[0]]).to.deep.equal(['int32', 2]);
    });
  });

  it('18 the logs of a batch are those of the batch, and the loss of an epoch their mean', async () => {
    const options = { callFn: scale, params: { w: 0 } };
    const [x, y] = [tf.zeros([4, 1]), tf.tensor2d([1, 1, 3, 3], [4, 1])];
    await fitOnce(
      options,
      [x, y],
      (_layer, logs) => expect(logs).to.deep.equal([{ loss: 1 }, { loss: 9 }]),
      2,
    );
  });

  it('19 a parameter that the model does not use stays as it is', async () => {
    await fitOnce(
      { callFn: scale, params: { w: 1, unused: 5 } },
      [tf.ones([1, 1]), tf.zeros([1, 1])],
      (layer) => {
        expect((layer.params as { unused: tf.Tensor }).unused.dataSync()[0]).to.equal(5);
        expect((layer.params as { w: tf.Tensor }).w.dataSync()[0]).not.to.equal(1);
      },
    );
  });

  it('20 a model with nothing to train is fitted', async () => {
    const callFn = signature(['inputs'], (x: tf.Tensor) => tf.mul(x, 2));
    await fitOnce({ callFn }, [tf.ones([1, 1]), tf.zeros([1, 1])], (_layer, logs) =>
      expect(logs).to.deep.equal([{ loss: 4 }]),
    );
  });

  it('21 integers among the parameters do not train, and do not fail', async () => {
    const callFn = signature(['params', 'inputs'], (p: Record<'w' | 'n', tf.Tensor>, x: tf.Tensor) =>
      tf.mul(tf.mul(x, p.w), tf.cast(p.n, 'float32')),
    );
    await fitOnce(
      { callFn, params: { w: 1, n: Int32Array.of(2) } },
      [tf.ones([1, 1]), tf.zeros([1, 1])],
      (layer) => {
        expect((layer.params as { n: tf.Tensor }).n.dataSync()[0]).to.equal(2);
        expect((layer.params as { w: tf.Tensor }).w.dataSync()[0]).to.be.closeTo(1 - 0.8, 1e-6);
      },
    );
  });

  it('22 frozen after it was compiled: a warning, and frozen it is', async () => {
    const layer = new JaxLayer({ callFn: scale, params: { w: 2 } });
    const model = modelOf(layer, [1]);
    model.add(tfl.layers.dense({ units: 1 }));
    const optimizer = tf.train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    layer.trainable = false;
    const [x, y] = [tf.ones([1, 1]), tf.zeros([1, 1])];
    const warnings = await warningsOf(async () => {
      await model.fit(x, y);
    });
    expect(warnings.some((text) => text.startsWith('Discrepancy'))).to.equal(true);
    expect((layer.params as { w: tf.Tensor }).w.dataSync()[0]).to.equal(2);
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  const x = (): tf.Tensor1D => tf.tensor1d([1, 2, 3, 4]);
  const indices = (): tf.Tensor2D => tf.tensor2d([0, 2], [2, 1], 'int32');
  const rules: [string, (t: tf.Tensor1D) => tf.Tensor, number[]][] = [
    ['comparisons', (t) => tf.where(tf.greater(t, 2), t, tf.mul(t, 0.5)), [0.5, 0.5, 1, 1]],
    [
      'logic',
      (t) => tf.where(tf.logicalAnd(tf.greater(t, 2), tf.less(t, 4)), t, tf.mul(t, 0.5)),
      [0.5, 0.5, 1, 0.5],
    ],
    ['einsum', (t) => tf.einsum('i,i->', t, t), [2, 4, 6, 8]],
    ['cumprod', (t) => tf.cumprod(t), [33, 16, 10, 6]],
    ['stridedSlice', (t) => tf.stridedSlice(t, [0], [4], [2]), [1, 0, 1, 0]],
    ['gatherND', (t) => tf.gatherND(t, indices()), [1, 0, 1, 0]],
    ['scatterND', (t) => tf.scatterND(indices(), tf.slice(t, 0, 2), [4]), [1, 1, 0, 0]],
    ['topk', (t) => tf.topk(t, 2).values, [0, 0, 1, 1]],
    ['depthToSpace', (t) => tf.depthToSpace(tf.reshape(t, [1, 1, 1, 4]), 2, 'NHWC'), [1, 1, 1, 1]],
    [
      'dilated convolution',
      (t) =>
        tf.conv2d(
          tf.reshape(tf.tile(t, [4]), [1, 4, 4, 1]) as tf.Tensor4D,
          tf.ones([2, 2, 1, 1]),
          1,
          'same',
          'NHWC',
          [2, 2],
        ),
      [6, 12, 12, 6],
    ],
  ];
  rules.forEach(([name, fn, expected], i) => {
    it(`${23 + i} gradients that the stock rules lack: ${name}`, () => {
      expectClose(gradientThrough(fn, x()), Float32Array.from(expected), 1e-6);
    });
  });

  it('33 avgPool SAME divides its gradient by the numbers that it averaged', () => {
    const total = gradientThrough((t: tf.Tensor4D) => tf.avgPool(t, 3, 1, 'same'), tf.ones([1, 3, 3, 1]));
    expect(total.reduce((a, b) => a + b)).to.be.closeTo(9, 1e-5);
  });
});

onEachBackend('traps of the host: files', () => {
  it('34 names of weights allow no ~ and no slash: they are escaped, and no two are the same', async () => {
    const callFn = registerSerializable(
      'traps>names',
      signature(['params', 'inputs'], (_p: unknown, t: tf.Tensor) => t),
    );
    const params = {
      'batch_norm/~/mean_ema': { average: 1 },
      'batch_norm.~.mean_ema': { average: 2 },
      'é-7e-': 3,
      '~': 4,
    };
    const model = modelOf(new JaxLayer({ callFn, params }), [1]);
    const names = (await saved(model)).weightSpecs!.map(({ name }) => name);
    expect(new Set(names).size).to.equal(4);
    for (const name of names) expect(name).to.match(/^[A-Za-z0-9][-A-Za-z0-9._/]*$/);
    const loaded = await reload(model);
    const read = layerOfClass(loaded, JaxLayer).params as typeof params &
      Record<string, { average: tf.Tensor }>;
    expect(read['batch_norm/~/mean_ema'].average).to.satisfy(
      (t: unknown) => (t as tf.Tensor).dataSync()[0] === 1,
    );
    for (const each of [model, loaded]) each.dispose();
  });

  it('35 a first weight whose name ends in a digit does not make a file another format', async () => {
    const callFn = registerSerializable(
      'traps>list',
      signature(['params', 'inputs'], ([[w]]: [[tf.Tensor]], t: tf.Tensor) => tf.mul(t, w)),
    );
    const model = modelOf(new JaxLayer({ callFn, params: [[7]] }), [1]);
    const loaded = await reload(model);
    expect(loaded.getWeights()[0].dataSync()[0]).to.equal(7);
    for (const each of [model, loaded]) each.dispose();
  });

  it('36 the case of names, of keys and of texts survives a config', async () => {
    const callFn = registerSerializable(
      'traps>MyFn_HTTPServer._x',
      signature(['params', 'inputs'], (_p: unknown, { SomeKey }: { SomeKey: tf.Tensor }) => SomeKey),
    );
    const params = { some_key: 1, SomeKey: 2, text: 'HTTPServer_x' };
    const layer = new JaxLayer({ callFn, params });
    const input = tfl.input({ shape: [1] });
    const model = tfl.model({ inputs: input, outputs: layer.apply({ SomeKey: input }) });
    const loaded = await reload(model);
    const again = layerOfClass(loaded, JaxLayer);
    expect(again.callFn).to.equal(callFn);
    const read = again.params as Record<string, tf.Tensor> & { text: string };
    expect([Object.keys(read).sort(), read.text]).to.deep.equal([
      ['SomeKey', 'some_key', 'text'],
      'HTTPServer_x',
    ]);
    for (const each of [model, loaded]) each.dispose();
  });

  it('37 a class that a file names is registered, and layers get names that a file can hold', async () => {
    const model = modelOf(new JaxLayer({ callFn: scale, params: { w: 1 } }), [1]);
    expect(model.layers[1].name).to.match(/^jax_layer(_\d+)?$/);
    const loaded = await reload(model);
    expect(loaded.layers[1]).to.be.instanceOf(JaxLayer);
    for (const each of [model, loaded]) each.dispose();
  });

  it('38 nothing is read from the text of a function: minified, bound, destructured, native', () => {
    const minified = (a: { w: tf.Tensor }, b: tf.Tensor): tf.Tensor => tf.mul(b, a.w);
    minified.toString = () => {
      throw new Error('the text was read');
    };
    const bound = function (this: { k: number }, x: tf.Tensor) {
      return tf.mul(x, this.k);
    }.bind({ k: 2 });
    const x = tf.ones([1]);
    const outputs = [
      new JaxLayer({ callFn: signature(['params', 'inputs'], minified), params: { w: 2 } }),
      new JaxLayer({ callFn: signature(['inputs'], bound) }),
      new JaxLayer({
        callFn: signature(['params', 'inputs'], ({ w }: { w: tf.Tensor }, t: tf.Tensor) => tf.mul(t, w)),
        params: { w: 2 },
      }),
    ].map((layer) => {
      const y = layer.apply(x);
      layer.dispose();
      return y;
    });
    expect(outputs.map((y) => y.dataSync()[0])).to.deep.equal([2, 2, 2]);
    expectTanka('wrapper-signature-missing', () => new JaxLayer({ callFn: Math.max as never }));
    hk.tree.dispose([outputs, x]);
  });

  it('39 a layer of several outputs runs once, not once an output', () => {
    let calls = 0;
    const callFn = signature(['state', 'inputs'], (n: tf.Tensor, x: tf.Tensor) => {
      calls++;
      return [[tf.add(x, n), tf.sub(x, n), x], tf.add(n, 1)];
    });
    const layer = new JaxLayer({ callFn, state: 0 });
    const input = tfl.input({ shape: [1] });
    const model = tfl.model({ inputs: input, outputs: layer.apply<tfl.SymbolicTensor[]>(input) });
    const x = tf.ones([1, 1]);
    calls = 0;
    hk.tree.dispose([model.predict(x) as tf.Tensor[], x]);
    expect([calls, (layer.state as tf.Tensor).dataSync()[0]]).to.deep.equal([1, 1]);
    model.dispose();
  });
});

onEachBackend('traps of the host: kernels that the WASM backend lacks or gets wrong', () => {
  const image = (offset: number): tf.Tensor4D =>
    tf.tidy(() => tf.add(tf.reshape(tf.range(0, 16), [1, 4, 4, 1]), offset));

  it('40 filters of convolutions have gradients', async () => {
    const callFn = signature(['params', 'inputs'], (p: Record<'w' | 'd', tf.Tensor4D>, x: tf.Tensor4D) =>
      tf.depthwiseConv2d(tf.conv2d<tf.Tensor4D>(x, p.w, 1, 'same'), p.d, 1, 'same'),
    );
    const [w, d] = [tf.ones([3, 3, 1, 2]), tf.ones([3, 3, 2, 1])];
    const before = w.dataSync()[0];
    await fitOnce({ callFn, params: { w, d } }, [image(0), tf.zeros([1, 4, 4, 2])], (layer) => {
      for (const weight of layer.weights) expect(weight.read().dataSync()[0]).not.to.equal(before);
    });
    hk.tree.dispose([w, d]);
  });

  it('41 an embedding has one', () => {
    const table = tf.ones([3, 2]);
    const layer = new JaxLayer({
      callFn: signature(['inputs'], (t: tf.Tensor) => tf.gather(t, tf.tensor1d([0, 0, 2], 'int32'))),
    });
    layer.build([3, 2]);
    const dt = tf.grad((t) => tf.sum(layer.apply(t)))(table);
    expect([...dt.dataSync()]).to.deep.equal([2, 2, 0, 0, 1, 1]);
    hk.tree.dispose([table, dt]);
  });

  it('42 maxPool passes its gradient on where all values are negative', () => {
    for (const offset of [-100, 100]) {
      const dx = gradientThrough((t: tf.Tensor4D) => tf.maxPool(t, 2, 2, 'valid'), image(offset));
      expect([...dx]).to.deep.equal([0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1]);
    }
  });

  it('43 so does maxPool3d, whose values are right too', () => {
    const negative = tf.fill([1, 2, 2, 2, 1], -1) as tf.Tensor5D;
    const pooled = tf.maxPool3d(negative, 2, 2, 'valid');
    expect([...pooled.dataSync()]).to.deep.equal([-1]);
    pooled.dispose();
    const dx = gradientThrough((t: tf.Tensor5D) => tf.maxPool3d(t, 2, 2, 'valid'), negative);
    expect(dx.reduce((a, b) => a + b)).to.equal(1);
  });

  it('44 conv3d gives its input the right gradient', () => {
    const filter = tf.tidy(() => tf.reshape(tf.range(1, 9), [2, 2, 2, 1, 1])) as tf.Tensor5D;
    const dx = gradientThrough(
      (t: tf.Tensor5D) => tf.conv3d(t, filter, 1, 'valid'),
      tf.ones([1, 2, 2, 2, 1]),
    );
    expect([...dx]).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    filter.dispose();
  });
});
