import { readFileSync } from 'node:fs';
import {
  add,
  argMax,
  complex,
  getBackend,
  matMul,
  mul,
  ones,
  reshape,
  scalar,
  sum,
  tensor1d,
  train,
  zeros,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, registerSerializable, signature } from '../../src/wrapper/index.js';
import { onEachBackend } from './support/backends.js';
import { expectTanka } from './support/errors.js';
import { disposeAll, modelOf } from './support/fit.js';
import { layerOfClass, reload } from './support/reload.js';

interface LeafRow {
  readonly leaf: string;
  readonly collection: 'params' | 'state';
  readonly becomes_weight: boolean;
  readonly dtype: string | null;
  readonly shape: number[] | null;
  readonly trainable: boolean | null;
}

interface OutputRow {
  readonly case: string;
  readonly in_shape: (number | null)[];
  readonly in_dtype: 'float32' | 'int32';
  readonly out: unknown;
}

interface TrainingRow {
  readonly sig: string;
  readonly call: string;
  readonly call_fn_saw: readonly { readonly training: unknown; readonly rng_given: boolean | null }[];
}

interface MethodRow {
  readonly step: string;
  readonly saw: readonly (readonly [training: boolean, rng: boolean])[];
  readonly n: number;
  readonly seed: readonly [number, number];
}

const tables = JSON.parse(
  readFileSync(new URL('../goldens/wrapper/tables.json', import.meta.url), 'utf8'),
) as {
  leaves: LeafRow[];
  flatten_order: Record<string, string[]>;
  seed_sequences: Record<string, number[][]>;
  training_resolution: TrainingRow[];
  model_methods: { rows: MethodRow[] };
  output_spec: OutputRow[];
  dtype_policy: { policy: string; call_fn_saw: Record<string, string>; out: string; state_s: number }[];
  config: { get_config: Record<string, unknown> };
};

/** Tables that have no test below, and why. */
const left: Readonly<Record<string, string>> = {
  weight_names: 'a counter of the process in Keras; here the place in the tree, which flatten_order tests',
  global_init_seed_sequences_after_set_random_seed: "the first word comes from Python's own generator",
  seed_note: 'words',
};

const testOf: Readonly<Record<string, string>> = {
  leaves: 'leaf',
  flatten_order: 'order of',
  seed_sequences: 'keys of seed',
  training_resolution: 'training',
  model_methods: 'state and keys after each method of a model',
  output_spec: 'output of',
  dtype_policy: 'policy',
  config: 'config',
  keras_save: 'saving keeps',
};

describe("Keras' tables", () => {
  it('are all tested, or left with a reason', () => {
    expect(Object.keys(tables).sort()).to.deep.equal([...Object.keys(left), ...Object.keys(testOf)].sort());
  });
});

/** JavaScript's value for a leaf of the table, and what becomes of it where that differs from Keras. */
const leaves: Record<
  string,
  { readonly value: () => unknown; readonly dtype?: string; readonly code?: string }
> = {
  float: { value: () => 1.5 },
  // A number of JavaScript is a float, whole or not; integers come as arrays of integers.
  int: { value: () => 3, dtype: 'float32' },
  bool: { value: () => true },
  'np.float64 scalar': { value: () => 1.5 },
  'np.int32 scalar': { value: () => scalar(3, 'int32') },
  'np.float64 array': { value: () => new Float64Array(2) },
  // Half floats are widened by whoever reads them: loadSafetensors does.
  'np.float16 array': { value: () => Float32Array.of(1, 2) },
  'np.int64 array': { value: () => new BigInt64Array(2), code: 'wrapper-leaf-invalid' },
  'np.uint8 array': { value: () => new Uint8Array(2), dtype: 'int32' },
  'np.bool array': { value: () => tensor1d([true, false]) },
  'bfloat16 jax': { value: () => Float32Array.of(1, 2) },
  complex64: { value: () => complex([1, 2], [0, 0]), code: 'wrapper-leaf-invalid' },
  'raw PRNGKey': { value: () => hk.random.key(0), dtype: 'int32' },
  str: { value: () => 'text' },
  None: { value: () => null },
  'python complex': { value: () => /configuration of a class/ },
  object: { value: () => new Date(0) },
};

const orders: Record<string, unknown> = {
  "dict {'b','a','B','_','10','9'}": { b: 1, a: 1, B: 1, _: 1, '10': 1, '9': 1 },
  'list of dict': [
    { w: 1, b: 1 },
    { w: 1, b: 1 },
  ],
  'tuple nested': [[1, [1]], { x: [1] }],
  'none leaf dropped': { a: null, b: 1 },
  'haiku cnn': {
    'my_haiku_module/linear_1': { w: 1, b: 1 },
    'my_haiku_module/conv2_d': { w: 1, b: 1 },
    'my_haiku_module/linear': { w: 1, b: 1 },
  },
  'haiku ~': { 'bn/~/var_ema': { x: 1 }, bn_1: { x: 1 }, 'bn/~/mean_ema': { x: 1 }, bn: { x: 1 } },
  "unicode {'é','z','Z'}": { é: 1, z: 1, Z: 1 },
};

/** Orders that JavaScript cannot ask for: objects have one order of keys and no tuple of names; keys are strings. */
const pythonOnly = ['OrderedDict z,a', 'namedtuple z,a', 'int keys {10,9,-1}'];

const functions: Record<string, (x: Tensor) => unknown> = {
  'identity (None,4)': (x) => x,
  'identity int32': (x) => x,
  'matmul 4->7': (x) => matMul(x as Tensor2D, ones([4, 7])),
  'flatten (None,None,4)': (x) => reshape(x, [x.shape[0], -1]),
  'reshape (-1,4)': (x) => reshape(x, [-1, 4]),
  'sum all': (x) => sum(x),
  'xT x': (x) => matMul(x as Tensor2D, x as Tensor2D, true),
  'argmax int': (x) => argMax(x, 1),
  'dict out': (x) => ({ a: [sum(x, 1, true)], b: x }),
  'static batch 5': (x) => x,
  'scalar input': (x) => x,
};

/** Ways of calling of `training_resolution`; those that JavaScript lacks are absent. */
const calls: Record<string, (layer: JaxLayer, x: Tensor) => void> = {
  'layer(x)': (layer, x) => layer.apply(x).dispose(),
  'layer(x, training=False)': (layer, x) => layer.apply(x, { training: false }).dispose(),
  'layer(x, training=True)': (layer, x) => layer.apply(x, { training: true }).dispose(),
  'layer(x, training=None)': (layer, x) => layer.apply(x, { training: undefined }).dispose(),
  'layer(x, training=1)': (layer, x) => layer.apply(x, { training: 1 as never }).dispose(),
  'parent(x)': (layer, x) => (parentOf(layer).apply(x) as Tensor).dispose(),
  'parent(x, training=True)': (layer, x) =>
    (parentOf(layer).apply(x, { training: true }) as Tensor).dispose(),
  'Sequential(x)': (layer, x) => (modelOf(layer, [3]).apply(x) as Tensor).dispose(),
  'Sequential(x, training=True)': (layer, x) =>
    (modelOf(layer, [3]).apply(x, { training: true }) as Tensor).dispose(),
  symbolic: (layer) => {
    layer.apply(tfl.input({ shape: [3] }));
  },
};

function parentOf(layer: JaxLayer): tfl.LayersModel {
  return modelOf(modelOf(layer, [3]), [3]);
}

onEachBackend("Keras' tables", () => {
  for (const row of tables.leaves) {
    const { value, dtype, code } = leaves[row.leaf];
    it(`leaf ${row.leaf} in ${row.collection}`, () => {
      if (row.leaf === 'complex64' && getBackend() === 'wasm') {
        expectTanka('wasm-kernel-unsupported', value);
        return;
      }
      const leaf = value();
      const callFn = signature([row.collection, 'inputs'], (tree: { leaf: unknown }, x: Tensor) => {
        if (!row.becomes_weight) expect(tree.leaf).to.equal(leaf);
        return row.collection === 'state' ? [x, tree] : x;
      });
      const make = (): JaxLayer => new JaxLayer({ callFn, [row.collection]: { leaf } });
      const x = ones([1, 3]);
      if (code !== undefined) {
        expectTanka(code, make);
      } else {
        const layer = make();
        layer.apply(x).dispose();
        const weights = layer.weights.map((weight) => [weight.dtype, weight.shape, weight.trainable]);
        const wanted = dtype ?? row.dtype;
        // Keras trains integers, until fit fails.
        const trains = row.trainable === true && wanted === 'float32';
        expect(weights).to.deep.equal(row.becomes_weight ? [[wanted, row.shape, trains]] : []);
        layer.dispose();
      }
      hk.tree.dispose([leaf as Tensor, x]);
    });
  }

  for (const [title, order] of Object.entries(tables.flatten_order)) {
    if (pythonOnly.includes(title)) continue;
    it(`order of ${title}`, () => {
      const layer = new JaxLayer({
        callFn: signature(['params', 'inputs'], (_p: unknown, x: Tensor) => x),
        params: orders[title],
        name: 'l',
      });
      layer.build([null, 1]);
      const names = layer.weights.map(({ originalName }) => originalName.replace('l/params.', ''));
      const unescaped = names.map((name) =>
        name
          .replaceAll('.', '/')
          .replaceAll(/-([0-9a-f]+)-/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16))),
      );
      expect(unescaped).to.deep.equal(order);
      layer.dispose();
    });
  }

  for (const [seed, keys] of Object.entries(tables.seed_sequences)) {
    it(`keys of seed ${seed}`, () => {
      const seen: number[][] = [];
      const callFn = signature(['rng', 'inputs'], (rng: hk.PRNGKey | null, x: Tensor) => {
        if (rng !== null) seen.push([...rng]);
        return x;
      });
      const layer = new JaxLayer({ callFn, seed: Number(seed) });
      const x = ones([1, 1]);
      keys.forEach(() => layer.apply(x, { training: true }).dispose());
      expect(seen).to.deep.equal(keys);
      x.dispose();
    });
  }

  for (const row of tables.output_spec) {
    it(`output of ${row.case}`, () => {
      const input = tfl.input({ batchShape: row.in_shape, dtype: row.in_dtype });
      const output = new JaxLayer({ callFn: signature(['inputs'], functions[row.case]) }).apply<unknown>(
        input,
      );
      const specs = hk.tree.map(
        ({ shape, dtype }: tfl.SymbolicTensor) => ({ shape, dtype }),
        output as never,
      );
      expect(specs).to.deep.equal(row.out);
    });
  }

  for (const row of tables.training_resolution) {
    it(`training: ${row.call}, ${row.sig}`, () => {
      const seen: unknown[] = [];
      const callFn = row.sig.includes('rng')
        ? signature(['rng', 'inputs', 'training'], (rng: hk.PRNGKey | null, x: Tensor, training: boolean) => {
            seen.push({ training, rng_given: rng !== null });
            return x;
          })
        : // A default is never used, because training is always passed.
          signature(['inputs', 'training'], (x: Tensor, training = true) => {
            seen.push({ training, rng_given: null });
            return x;
          });
      const x = ones([2, 3]);
      calls[row.call](new JaxLayer({ callFn, seed: 1 }), x);
      // Keras hands the flag on as it came; here it is a boolean. Inference of shapes may run more than once.
      const last = row.call_fn_saw[row.call_fn_saw.length - 1];
      expect(seen[seen.length - 1]).to.deep.equal({ ...last, training: Boolean(last.training) });
      const first = row.call_fn_saw.length > 1 || row.call === 'symbolic' ? seen.slice(0, -1) : [];
      for (const dry of first)
        expect(dry).to.deep.equal({
          ...last,
          training: false,
          rng_given: last.rng_given === null ? null : false,
        });
      x.dispose();
    });
  }

  it('state and keys after each method of a model', async () => {
    const [built, fit, evaluate, predict, trainOn, testOn, predictOn, called] = tables.model_methods.rows;
    const seen: [boolean, boolean][] = [];
    const callFn = signature(
      ['params', 'state', 'rng', 'inputs', 'training'],
      (p: { w: Tensor }, s: { n: Tensor }, rng: hk.PRNGKey | null, x: Tensor, training: boolean) => {
        seen.push([training, rng !== null]);
        return [mul(x, p.w), { n: add(s.n, 1) }];
      },
    );
    const layer = new JaxLayer({ callFn, params: { w: 1 }, state: { n: 0 }, seed: 3 });
    const model = modelOf(layer, [3]);
    const expectRow = (row: MethodRow, method: string): void => {
      expect((layer.state as { n: Tensor }).n.dataSync()[0], method).to.equal(row.n);
      expect(layer.seedState, method).to.deep.equal(row.seed);
      // Keras traces once more at its first fit; tfjs-layers does not.
      const runs = row.saw.filter(([training], i) => row !== fit || training || i > 0);
      if (row !== built) expect(seen, method).to.deep.equal(runs);
      seen.length = 0;
    };
    expectRow(built, 'build');
    const optimizer = train.sgd(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [ones([4, 3]), zeros([4, 3])];
    await model.fit(x, y, { batchSize: 2, shuffle: false });
    expectRow(fit, 'fit');
    hk.tree.dispose(model.evaluate(x, y, { batchSize: 2 }));
    expectRow(evaluate, 'evaluate');
    hk.tree.dispose(model.predict(x, { batchSize: 2 }));
    expectRow(predict, 'predict');
    await model.trainOnBatch(x, y);
    expectRow(trainOn, 'trainOnBatch');
    // tfjs-layers has no testOnBatch: evaluate on one batch is it.
    hk.tree.dispose(model.evaluate(x, y, { batchSize: 4 }));
    expectRow(testOn, 'evaluate of one batch');
    hk.tree.dispose(model.predictOnBatch(x));
    expectRow(predictOn, 'predictOnBatch');
    hk.tree.dispose(model.apply(x));
    expectRow(called, 'apply');
    hk.tree.dispose([x, y]);
    disposeAll(model, optimizer);
  });

  for (const { policy, call_fn_saw, out, state_s } of tables.dtype_policy) {
    it(`policy ${policy}`, () => {
      const saw: Record<string, string> = {};
      interface Inputs {
        f: Tensor;
        i: Tensor;
      }
      const callFn = signature(
        ['params', 'state', 'inputs'],
        (p: Record<'w' | 'n', Tensor>, s: Record<'s' | 'c', Tensor>, { f, i }: Inputs) => {
          Object.assign(saw, {
            f: f.dtype,
            i: i.dtype,
            w: p.w.dtype,
            n: p.n.dtype,
            s: s.s.dtype,
            c: s.c.dtype,
          });
          return [mul(f, p.w), { s: scalar(0.123456789), c: s.c }];
        },
      );
      const options = { params: { w: 1, n: scalar(1, 'int32') }, state: { s: 0, c: scalar(1, 'int32') } };
      const make = (): JaxLayer => new JaxLayer({ callFn, ...options, dtype: policy as 'float32' });
      const inputs = { f: ones([2, 3]), i: ones([2, 3], 'int32') };
      if (policy !== 'float32') {
        // TensorFlow.js has no other floats.
        expectTanka('wrapper-dtype-unsupported', make);
      } else {
        const layer = make();
        const output = layer.apply(inputs);
        expect([saw, output.dtype]).to.deep.equal([call_fn_saw, out]);
        expect((layer.state as { s: Tensor }).s.dataSync()[0]).to.equal(state_s);
        output.dispose();
        layer.dispose();
      }
      hk.tree.dispose([options.params.n, options.state.c, inputs.f, inputs.i]);
    });
  }

  it('config holds the names of the functions, and more than Keras keeps', () => {
    const callFn = registerSerializable(
      'gold>_reg_call',
      signature(['rng', 'inputs'], (_r: unknown, x: Tensor) => x),
    );
    const initFn = registerSerializable(
      'gold>_reg_init',
      signature(['inputs'], () => null),
    );
    const layer = new JaxLayer({ callFn, initFn, name: 'jl', seed: 5 });
    const { name, trainable, call_fn, init_fn } = tables.config.get_config as {
      name: string;
      trainable: boolean;
      call_fn: { config: string };
      init_fn: { config: string };
    };
    expect(layer.getConfig()).to.include({ name, trainable, seed: 5, calls: 0 });
    expect(layer.getConfig().callFn).to.deep.equal({ name: call_fn.config });
    expect(layer.getConfig().initFn).to.deep.equal({ name: init_fn.config });
    layer.dispose();
  });

  it('saving keeps outputs, and the seed that Keras loses', async () => {
    const callFn = registerSerializable(
      'tables.test>saved',
      signature(['params', 'rng', 'inputs'], (p: Tensor, _rng: unknown, x: Tensor) => mul(x, p)),
    );
    const model = modelOf(new JaxLayer({ callFn, params: 2, seed: 5 }), [3]);
    const x = ones([1, 3]);
    (model.apply(x, { training: true }) as Tensor).dispose();
    const loaded = await reload(model);
    const [a, b] = [model, loaded].map((each) => each.predict(x) as Tensor);
    expect([...a.dataSync()]).to.deep.equal([...b.dataSync()]);
    expect(layerOfClass(loaded, JaxLayer).seedState).to.deep.equal([5, 1]);
    hk.tree.dispose([a, b, x]);
    model.dispose();
    loaded.dispose();
  });
});
